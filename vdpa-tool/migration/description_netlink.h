/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions as netlink attributes. */
#ifndef VDPA_TOOL_DESCRIPTION_NETLINK_H
#define VDPA_TOOL_DESCRIPTION_NETLINK_H

#include <stdbool.h>

#include <libmnl/libmnl.h>

#include "migration/description.h"

/* Whether a request has room for it. */
bool description_fits(const struct description *description);

/* Appends VDPA_ATTR_MIGRATION to a request, without what is untold; the description is known to fit. */
void description_put(struct nlmsghdr *nlh, const struct description *description);

/*
 * Takes a VDPA_ATTR_MIGRATION into @description, which has nothing but its mgmtdev set, and is to be freed in any
 * case. It is not checked. Returns 0, or -1 with @err where the attribute is malformed.
 */
int description_take(const struct nlattr *nest, struct description *description, struct nl_error *err);

#endif
