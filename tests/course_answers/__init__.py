"""A corpus of answers as learners type them, each with the sentence that it must get."""
