"""One exchange with the server, over urllib3 or httpx2; everything above is shared."""
