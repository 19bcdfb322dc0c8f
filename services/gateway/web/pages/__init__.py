"""The pages, one file for each subject; every one of them works without JavaScript."""
