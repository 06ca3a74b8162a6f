/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that there is, as far as files say what it is to be. */
#ifndef VDPA_TOOL_PRESENT_DEVICE_H
#define VDPA_TOOL_PRESENT_DEVICE_H

#include <linux/vdpa.h>

#include "device/dev.h"

struct present_device {
	char *mgmtdev;			/* "" where nobody is told */
	char driver[VDPA_DRIVER_LEN_MAX + 1];	/* "" for none */
	char override[VDPA_DRIVER_LEN_MAX + 1];	/* the one it is for; "" for any, "none" */
	bool inactive;			/* no driver uses it */
	/* Bits and values of ADD_FEATURES, ADD_MAC, ADD_MTU and ADD_MAX_VQP alone. */
	struct dev_add created;		/* what it was created with */
	struct dev_add config;		/* what it has now */
};

/* Asks the kernel. Returns 0, after which it is to be freed, or -1 with @err: ENODEV where there is none. */
int present_device_read(struct nl *nl, const char *name, struct present_device *present, struct nl_error *err);

void present_device_free(struct present_device *present);

/* Whether a setting, one of these four, is in both and the same. */
bool setting_same(const struct dev_add *a, const struct dev_add *b, int setting);

/* The setting as "dev add" takes it, in @text of SETTING_SIZE bytes; "unknown" where it was not given. Returns @text. */
enum { SETTING_SIZE = 32 };
const char *setting_text(const struct dev_add *add, int setting, char *text);

/* Writes it, if it was given, under its key. */
void setting_write(struct output *out, const struct dev_add *add, int setting);

#endif
