/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VDPA_BUS_H
#define _VDPA_BUS_H

#include <linux/device/bus.h>

extern const struct bus_type vdpa_bus;

#endif
