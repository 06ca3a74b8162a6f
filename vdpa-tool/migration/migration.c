// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking the kernel about migration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "device/mgmtdev.h"
#include "migration/migration.h"
#include "migration/description_netlink.h"

const char *target_text(const struct target *target)
{
	return target->device ? target->device : target->mgmtdev.text;
}

static void put_target(struct nlmsghdr *nlh, const struct target *target)
{
	if (target->device)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, target->device);
	else
		args_put_mgmtdev(nlh, &target->mgmtdev);
}

/* --- descriptions --- */

/* A management device has a description for each class, all in one message. */
static int take_descriptions(const struct nlmsghdr *nlh, struct subject *subject, struct nl_error *err)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == VDPA_ATTR_MIGRATION &&
		    description_take(attr, subject_add(subject), err) < 0)
			return -1;
	subject->available = subject->count;
	return 0;
}

/* What passes through the replies to a request. */
struct replies {
	bool mgmtdev;
	migration_each each;
	void *data;
};

static int reply_take(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	const struct replies *replies = data;
	uint16_t key = replies->mgmtdev ? VDPA_ATTR_MGMTDEV_DEV_NAME : VDPA_ATTR_DEV_NAME;
	struct subject subject = { .mgmtdev = replies->mgmtdev };
	int failed;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, key, err) < 0)
		return -1;
	subject.unanswered = slots[VDPA_ATTR_DEV_UNANSWERED];
	subject.name = replies->mgmtdev ? mgmtdev_bytes(slots) : attr_copy(slots[key]);
	failed = take_descriptions(nlh, &subject, err);
	if (!failed)
		replies->each(&subject, replies->data);
	subject_free(&subject);
	return failed;
}

static uint8_t get_command(bool mgmtdev)
{
	return mgmtdev ? VDPA_CMD_MGMTDEV_MIGRATION_GET : VDPA_CMD_DEV_MIGRATION_GET;
}

int migration_dump(struct vdpa *vdpa, bool mgmtdev, migration_each each, void *data,
		   bool *interrupted, struct nl_error *err)
{
	struct replies replies = { .mgmtdev = mgmtdev, .each = each, .data = data };

	nl_request(&vdpa->nl, get_command(mgmtdev), NLM_F_DUMP);
	return nl_exchange(&vdpa->nl, reply_take, &replies, interrupted, err);
}

static void subject_keep(struct subject *subject, void *data)
{
	struct subject *kept = data;

	subject_free(kept);
	*kept = *subject;
	*subject = (struct subject){ .name = NULL };
}

int migration_get(struct vdpa *vdpa, const struct target *target, struct subject *subject,
		  struct nl_error *err)
{
	bool mgmtdev = !target->device;
	struct replies replies = { .mgmtdev = mgmtdev, .each = subject_keep, .data = subject };

	*subject = (struct subject){ .name = NULL };
	put_target(nl_request(&vdpa->nl, get_command(mgmtdev), 0), target);
	if (nl_exchange(&vdpa->nl, reply_take, &replies, NULL, err) == 0) {
		if (subject->name)
			return 0;
		nl_fail(err, EBADMSG, "malformed reply: there is no description");
	}
	subject_free(subject);
	return -1;
}

/* --- the kernel's own verdict --- */

enum verdict migration_ask(struct vdpa *vdpa, const struct target *target,
			   const struct description *source, struct nl_error *err)
{
	struct nlmsghdr *nlh = nl_request(&vdpa->nl, VDPA_CMD_MIGRATION_CHECK, 0);

	put_target(nlh, target);
	description_put(nlh, source);
	if (nl_exchange(&vdpa->nl, NULL, NULL, NULL, err) == 0)
		return VERDICT_FIT;
	return err->errnum == EMEDIUMTYPE ? VERDICT_UNFIT : VERDICT_FAILED;
}
