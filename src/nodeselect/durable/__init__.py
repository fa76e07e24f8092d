"""Files that must survive a crash: saved inventories and change logs; and readers of such logs."""
