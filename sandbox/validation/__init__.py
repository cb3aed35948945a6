"""The judge: is this resource right by R4 and by a profile, and if not, where and why?"""

from sandbox.validation.context import Knowledge
from sandbox.validation.validate import core_knowledge, validate

__all__ = ["Knowledge", "core_knowledge", "validate"]
