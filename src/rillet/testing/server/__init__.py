"""What every endpoint of the stand-in needs: routes, pages, keys, files, webhooks and the form of answers."""
