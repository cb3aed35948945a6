"""A wallet: receives credentials, keeps them, and shows what its holder agrees to."""
