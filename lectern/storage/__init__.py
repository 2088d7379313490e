"""Files by key: a local folder today, object storage behind the same few operations later."""
