"""`make fidelity`: one thing at a time altered in what a right server answers, and which test sees it."""
