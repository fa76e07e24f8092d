"""Files that must survive a crash: saved inventories, change logs and their followers."""
