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
#include "output/output.h"

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

static json_t *unavailable(bool unanswered)
{
	json_t *body = output_object();

	output_set(body, "available", json_false());
	output_set(body, "reason", json_string("its parent does not answer"));
	if (unanswered)
		output_set(body, "unanswered", json_true());
	return body;
}

/* A management device has a description for each class, all in one message. */
static json_t *classes_body(const struct nlmsghdr *nlh, bool unanswered, struct nl_error *err)
{
	json_t *body = output_object();
	json_t *classes = output_array();
	const struct nlattr *attr;

	output_set(body, "classes", classes);
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		json_t *json;

		if (mnl_attr_get_type(attr) != VDPA_ATTR_MIGRATION)
			continue;
		json = description_wire_json(attr, err);
		if (!json) {
			json_decref(body);
			return NULL;
		}
		output_append(classes, json);
	}
	if (json_array_size(classes))
		return body;
	json_decref(body);
	return unavailable(unanswered);
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
	bool unanswered;
	json_t *body;
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, key, err) < 0)
		return -1;
	unanswered = slots[VDPA_ATTR_DEV_UNANSWERED];
	if (replies->mgmtdev)
		body = classes_body(nlh, unanswered, err);
	else if (slots[VDPA_ATTR_MIGRATION])
		body = description_wire_json(slots[VDPA_ATTR_MIGRATION], err);
	else
		body = unavailable(unanswered);
	if (!body)
		return -1;
	name = replies->mgmtdev ? mgmtdev_name(slots) : attr_string(slots[key]);
	replies->each(name, body, replies->data);
	free(name);
	json_decref(body);
	return 0;
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

static void subject_keep(const char *name, json_t *body, void *data)
{
	struct subject *subject = data;
	json_t *section = output_object();

	json_decref(subject->root);
	subject->root = output_object();
	output_set(section, name, json_incref(body));
	output_set(subject->root, subject->mgmtdev ? "mgmtdev" : "dev", section);
}

int migration_get(struct vdpa *vdpa, const struct target *target, struct subject *subject,
		  struct nl_error *err)
{
	bool mgmtdev = !target->device;
	struct replies replies = { .mgmtdev = mgmtdev, .each = subject_keep, .data = subject };
	json_t *root;

	*subject = (struct subject){ .mgmtdev = mgmtdev };
	put_target(nl_request(&vdpa->nl, get_command(mgmtdev), 0), target);
	if (nl_exchange(&vdpa->nl, reply_take, &replies, NULL, err) < 0)
		goto failed;
	if (!subject->root) {
		nl_fail(err, EBADMSG, "malformed reply: there is no description");
		goto failed;
	}
	root = subject->root;
	if (subject_parse(root, subject, err) == 0)
		return 0;
failed:
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
