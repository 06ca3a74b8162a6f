/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_STATUS_H
#define VDPA_TOOL_STATUS_H

/* Exit statuses, as vdpa(8) documents them. The higher, the worse. */
enum status {
	STATUS_DONE = 0,
	STATUS_USAGE = 1,	/* found wrong before anything was sent */
	STATUS_REFUSED = 2,	/* the kernel refused */
	STATUS_UNFIT = 3,	/* a migration is not possible: not compatible, or no target found; a host that is not set up right */
};

#endif
