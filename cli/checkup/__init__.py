"""What `sorte doctor` looks at. It reads and changes nothing: no database is made, no setting written."""
