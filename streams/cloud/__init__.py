"""Microsoft's APIs as Watchpost calls them: hosts, tokens, one HTTP policy. The only importer of msal and httpx."""
