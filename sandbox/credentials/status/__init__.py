"""Status lists: whether a credential was taken back, read and written."""
