/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of devices and management devices when it comes to migration. */
#ifndef VDPA_TOOL_MIGRATION_H
#define VDPA_TOOL_MIGRATION_H

#include "command/command.h"
#include "migration/description.h"

/* A device or management device of this host. */
struct target {
	const char *device;		/* NULL: it is a management device */
	struct mgmtdev_handle mgmtdev;
};

/* What to call it. */
const char *target_text(const struct target *target);

/* What the kernel says that it is, unchecked. Returns 0 or -1 with @err. */
int migration_get(struct vdpa *vdpa, const struct target *target, struct subject *subject,
		  struct nl_error *err);

/* What the kernel says when it is asked about a target. */
enum verdict {
	VERDICT_FAILED = -1,	/* it could not be asked: the reason is in the error */
	VERDICT_UNFIT,		/* the reason is in the error, too */
	VERDICT_FIT,
};

enum verdict migration_ask(struct vdpa *vdpa, const struct target *target,
			   const struct description *source, struct nl_error *err);

/* Passes each device, or each management device, to @each, which may take it over. Returns 0 or -1 with @err. */
typedef void (*migration_each)(struct subject *subject, void *data);

int migration_dump(struct vdpa *vdpa, bool mgmtdev, migration_each each, void *data,
		   bool *interrupted, struct nl_error *err);

#endif
