"""Answers for other programs: what the MCP server and the HTTP service have in common, and both servers."""
