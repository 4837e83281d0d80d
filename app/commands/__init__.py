"""The `quorum` command, one file a subject; each command is a shell around one use case."""
