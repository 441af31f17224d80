"""What is live against what was built: a site's pages and files, asked for as its visitors do."""
