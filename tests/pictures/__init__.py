"""Pictures of codes as telephones, printers and screens spoil them, each at a strength at which a common reader gives up."""
