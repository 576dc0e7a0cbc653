"""The vendors' authorization servers: browser pages, token endpoints, devices, accounts. One file for each vendor."""
