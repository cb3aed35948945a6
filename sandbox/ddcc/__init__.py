"""WHO's workflow of health certificates (DDCC 1.0.0, ICVP 0.3.0): from answers or a summary to a
signed document.
"""
