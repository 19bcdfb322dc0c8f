"""The programs that run models: one file each, behind `core.llm.request.Backend`."""
