"""Files by key, in a local folder or in S3-compatible storage, behind one interface."""
