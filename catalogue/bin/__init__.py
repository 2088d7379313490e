"""What is deleted: some weeks in the bin, from where it comes back; then it is erased from every disk."""
