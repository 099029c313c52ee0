"""Closing a day, some hours or a resource, and where its sessions go instead."""
