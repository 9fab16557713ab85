"""The stand-in's bank accounts and bank transactions."""
