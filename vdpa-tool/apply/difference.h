/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is different between a device that there should be and the one that there is, and what is done about it. */
#ifndef VDPA_TOOL_DIFFERENCE_H
#define VDPA_TOOL_DIFFERENCE_H

#include "apply/present_device.h"

/*
 * The settings that are to be changed and can be, as bits of ADD_ in @changes: the MAC address, the MTU and the bus driver, while
 * nobody uses the device. Returns STATUS_DONE; or STATUS_REFUSED where it cannot become what it should be, and has said why.
 */
enum status difference_find(struct vdpa *vdpa, const struct dev_add *wanted, const struct present_device *present,
			    uint32_t *changes);

/* Has the kernel change them. Returns STATUS_DONE, or has said why not. */
enum status difference_change(struct vdpa *vdpa, const struct dev_add *wanted, uint32_t changes);

#endif
