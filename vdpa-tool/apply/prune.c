// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "apply/prune.h"
#include "netlink/attrs.h"
#include "netlink/window.h"

enum { UNDER_WAY = 64 };	/* requests at a time */

struct prune {
	struct vdpa *vdpa;
	const struct name_set *named;
	char **names;		/* of those that go */
	size_t count;
	enum status worst;
};

static int take_name(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct prune *prune = data;
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	if (name_set_has(prune->named, name, len))
		return 0;
	prune->names = reallocarray(prune->names, prune->count + 1, sizeof(*prune->names));
	if (!prune->names)
		error_no_memory();
	prune->names[prune->count++] = attr_copy(slots[VDPA_ATTR_DEV_NAME]);
	return 0;
}

static void tell_deleted(struct vdpa *vdpa, const char *name)
{
	struct output *out = &vdpa->out;

	out_entry(out, name, strlen(name));
	out_bare(out);
	out_text(out, "action", "delete");
	out_entry_end(out);
}

/* What is gone already is as it should be. */
static void deleted(void *data, void *item, const struct nl_error *err)
{
	struct prune *prune = data;
	struct vdpa *vdpa = prune->vdpa;

	if (!err)
		tell_deleted(vdpa, item);
	if (!err || err->errnum == ENODEV)
		return;
	vdpa->dev = item;
	prune->worst = error_refused(vdpa, item, err);
	vdpa->dev = NULL;
	faults_tell(vdpa);
}

static void delete_all(struct prune *prune)
{
	struct window *window = window_new(UNDER_WAY, deleted, prune);
	struct nl_error err = { 0 };

	for (size_t i = 0; i < prune->count; i++) {
		struct nlmsghdr *nlh = window_request(window, &prune->vdpa->nl, VDPA_CMD_DEV_DEL, &err);

		if (!nlh) {
			prune->worst = error_refused(prune->vdpa, prune->names[i], &err);
			break;
		}
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, prune->names[i]);
		mnl_attr_put(nlh, VDPA_ATTR_NOWAIT, 0, NULL);
		window_send(window, prune->names[i]);
	}
	window_wait(window);
	window_free(window);
}

enum status prune_unnamed(struct vdpa *vdpa, const struct name_set *named)
{
	struct prune prune = { .vdpa = vdpa, .named = named };
	struct nl_error err = { 0 };

	nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(&vdpa->nl, take_name, &prune, NULL, &err) < 0)
		prune.worst = error_refused(vdpa, NULL, &err);
	else if (!options.dry_run)
		delete_all(&prune);
	for (size_t i = 0; i < prune.count; i++) {
		if (options.dry_run)
			tell_deleted(vdpa, prune.names[i]);
		free(prune.names[i]);
	}
	free(prune.names);
	return prune.worst;
}
