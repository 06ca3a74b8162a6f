// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

MODULE_DESCRIPTION("Simulated vDPA devices: what all classes share");
MODULE_VERSION(VDPA_VERSION);
MODULE_LICENSE("GPL");
