"""SD-JWT credentials (RFC 9901): issued, shown in part, verified."""
