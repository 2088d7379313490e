"""Files by key: a local folder, or a local folder with object storage (S3) behind it."""
