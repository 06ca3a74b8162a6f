/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device that there should be. What a file says of it has the keys of "vdpa dev show", so that what that prints with -j is such a
 * file, and those of "vdpa dev add" beside them:
 *
 *	mgmtdev, device_features, mac, mtu, max_vqp, driver	as in "dev add"
 *	created_with		the same, where they do not stand beside it
 *	driver_override		the same as driver, which counts if both are there
 *	state and the rest	what a device is like at a moment: passed over
 */
#ifndef VDPA_TOOL_WANTED_DEVICE_H
#define VDPA_TOOL_WANTED_DEVICE_H

#include "apply/wanted_file.h"
#include "device/dev.h"

struct wanted_device {
	struct dev_add add;	/* its texts are below */
	char *place;		/* FILE:LINE */
	char *texts[ADD_ARGUMENTS];
};

/* Returns NULL where @text is wrong, and has said why; else it is to be freed. */
struct wanted_device *wanted_device_read(struct vdpa *vdpa, const struct wanted_text *text);

void wanted_device_free(struct wanted_device *wanted);

#endif
