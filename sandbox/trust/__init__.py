"""Who may sign: a national PKI, a gateway's checks before onboarding, and published trust lists."""
