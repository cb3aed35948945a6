"""The judge: is this resource right by R4 and by a profile, and if not, where and why?"""

from sandbox.validation.knowledge import Knowledge
from sandbox.validation.validate import Options, knowledge_at_hand, validate, validate_source

__all__ = ["Knowledge", "Options", "knowledge_at_hand", "validate", "validate_source"]
