"""The judge's budgets: what one document, expression, pattern, number or unit may cost.  Data only.

A step is one node that an expression visits or makes, or one element that the judge looks at; a
million of them take one to two seconds of one core in an expression, up to six in elements.  What
goes over its budget is said as a finding of its own, never as a fault of the document.
"""

from __future__ import annotations

DOCUMENT_STEPS = 10_000_000
"""All steps of judging one document.

Expressions that are made to take long end after some 20 seconds.  The largest use measured is that
of R4's own Bundle of data elements, 4,250,000; a Bundle of 20,000 coded Observations needs
1,500,000.
"""

EVALUATION_STEPS = 1_000_000
"""Steps of one FHIRPath expression on one node."""

EXPRESSION_CHARACTERS = 20_000
EXPRESSION_DEPTH = 50
"""Brackets, arguments and signs within each other; R4's own invariants need 9."""

TEXT_CHARACTERS = 1_000_000
"""The longest text that an expression may put together."""

NUMBER_DIGITS = 40
"""Digits of a number in an expression, or before the point of one that is cut to an integer."""

INTEGER_BITS = 64
"""Integers beyond are an overflow, whose result is empty (FHIRPath 2.0.0 #math)."""

PATTERN_CHARACTERS = 1_000
PATTERN_BYTES = 8 << 20
"""Memory of one compiled regular expression."""

UNIT_CHARACTERS = 120
UNIT_EXPONENT = 99
"""The largest power in a UCUM unit: beyond it nothing is measured."""

UNIT_DEPTH = 8
"""Brackets within each other in a UCUM unit."""
