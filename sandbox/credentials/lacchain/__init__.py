"""LACChain as the wallets of 2023 met it, offline: registries, mailbox, a ministry's component."""
