// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "command/command.h"
#include "device/feature_names.h"
#include "device/virtio.h"

static const char all[] = "all";

/* One name of a list. */
struct item {
	char name[32];		/* longer than any that there is */
	bool without;		/* it had a '-' in front */
};

/* Takes the item at *@list and moves on behind its comma; NULL: it was the last. False where it is no name by its length. */
static bool take(const char **list, struct item *item)
{
	const char *name = *list;
	size_t len = strcspn(name, ",");

	*list = name[len] ? name + len + 1 : NULL;
	item->without = *name == '-';
	name += item->without;
	len -= item->without;
	snprintf(item->name, sizeof(item->name), "%.*s", (int)len, name);
	return len && len < sizeof(item->name);
}

/* Whether the list says what to leave out, of all there is. */
static bool is_without(const char *names)
{
	struct item item;

	return take(&names, &item) && (item.without || strcmp(item.name, all) == 0);
}

enum status feature_names_check(struct vdpa *vdpa, const struct features_wanted *wanted)
{
	const char *names = wanted->names, *list = names;
	bool without = names && is_without(names);
	bool first = true;
	struct item item;

	for (; list; first = false) {
		bool usable = take(&list, &item);

		if (usable && first && !item.without && without)
			continue;	/* "all" */
		if (!usable || !feature_exists(item.name))
			return error_usage(vdpa, "device_features \"%s\": \"%s\" is not a hexadecimal number of "
						 "at most 64 bits nor the name of a feature", names, item.name);
		if (item.without != without)
			return error_usage(vdpa, "device_features \"%s\" names features to have and features to "
						 "leave out", names);
	}
	return STATUS_DONE;
}

/* What a management device offers. */
struct offer {
	uint64_t features;
	uint32_t class;		/* by whose names they are read */
};

static int take_offer(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct offer *offer = data;
	uint64_t classes = 0;

	if (attrs_parse(nlh, slots, err) < 0)
		return -1;
	if (!slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES])
		return nl_fail(err, EOPNOTSUPP, "this kernel's vdpa core does not tell which features the management "
						"device offers: device_features has to be a number");
	if (slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES])
		classes = attr_uint(slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES]);
	offer->features = attr_uint(slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES]);
	offer->class = classes_naming(classes);
	return 0;
}

static enum status not_offered(struct vdpa *vdpa, const struct mgmtdev_handle *handle, const char *name)
{
	struct nl_error err = { 0 };

	nl_fail(&err, EINVAL, "management device %.80s does not offer the feature %s; \"vdpa mgmtdev show %.80s\" tells "
			      "which it does", handle->text, name, handle->text);
	snprintf(err.attribute, sizeof(err.attribute), "VDPA_ATTR_DEV_FEATURES");
	return error_refused(vdpa, vdpa->dev, &err);
}

enum status feature_names_ask(struct vdpa *vdpa, const struct mgmtdev_handle *handle, struct features_wanted *wanted)
{
	bool without = wanted->names && is_without(wanted->names);
	const char *list = wanted->names;
	struct nl_error err = { 0 };
	struct offer offer = { 0 };
	uint64_t named = 0;
	struct item item;
	unsigned int bit;

	if (!list)
		return STATUS_DONE;
	args_put_mgmtdev(nl_request(&vdpa->nl, VDPA_CMD_MGMTDEV_GET, 0), handle);
	if (nl_exchange(&vdpa->nl, take_offer, &offer, NULL, &err) < 0)
		return error_refused(vdpa, handle->text, &err);

	while (list) {
		take(&list, &item);
		if (without && !item.without)
			continue;	/* "all" */
		if (!feature_bit(item.name, offer.class, &bit) || !(offer.features >> bit & 1))
			return not_offered(vdpa, handle, item.name);
		named |= UINT64_C(1) << bit;
	}
	wanted->bits = without ? offer.features & ~named : named;
	return STATUS_DONE;
}
