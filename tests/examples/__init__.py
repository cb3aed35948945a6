"""The examples of R4, five thousand documents by others, through the server and back."""
