// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpa.ko: the vDPA core.
 *
 * It has three parts. Calls go down this list, except for events and cleanup:
 *
 * - netlink/: the wire: reads attributes, calls an object, fills a reply
 *
 * - migration/: what must match at the target of a migration, and what is copied there
 *
 * - the objects, in this folder: devices (device.c), which management devices create (mgmtdev.c,
 *   mgmtdevs.c), found by name and index (registry.c), bound to bus drivers (bus.c), with a state
 *   (state.c) that the core keeps by observing their operations (ops.c), suspended (hold.c), alone
 *   or in groups (suspend.c), and deleted (removal.c)
 *
 * A long operation is a request (request.c): a worker carries it out, one at a time for each device
 * (line.c) or management device. Events are sent through notify.h.
 *
 * doc/core.md shows the life of a device, of a request and of a suspend, and what each lock
 * protects.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "bus.h"
#include "line.h"
#include "mgmtdev.h"
#include "netlink/answer.h"
#include "netlink/netlink.h"
#include "notify.h"
#include "registry.h"
#include "removal.h"
#include "suspend.h"

/* vdpa_exit() stops the parts in reverse order. */
static int __init vdpa_init(void)
{
	int err;

	err = vdpa_registry_init();
	if (err)
		return err;
	err = vdpa_mgmtdevs_init();
	if (err)
		goto err_mgmtdevs;
	err = vdpa_removals_init();
	if (err)
		goto err_removals;
	err = vdpa_events_init();
	if (err)
		goto err_events;
	err = vdpa_groups_init();
	if (err)
		goto err_groups;
	err = vdpa_answers_init();
	if (err)
		goto err_answers;
	err = vdpa_lines_init();
	if (err)
		goto err_lines;
	err = vdpa_nl_loads_init();
	if (err)
		goto err_loads;
	err = vdpa_nl_precopies_init();
	if (err)
		goto err_precopies;
	err = bus_register(&vdpa_bus);
	if (err)
		goto err_bus;
	err = vdpa_nl_init();
	if (err)
		goto err_nl;
	return 0;

err_nl:
	bus_unregister(&vdpa_bus);
err_bus:
	vdpa_nl_precopies_exit();
err_precopies:
	vdpa_nl_loads_exit();
err_loads:
	vdpa_lines_exit();
err_lines:
	vdpa_answers_exit();
err_answers:
	vdpa_groups_exit();
err_groups:
	vdpa_events_exit();
err_events:
	vdpa_removals_exit();
err_removals:
	vdpa_mgmtdevs_exit();
err_mgmtdevs:
	vdpa_registry_exit();
	return err;
}

static void __exit vdpa_exit(void)
{
	vdpa_nl_exit();
	bus_unregister(&vdpa_bus);
	vdpa_nl_precopies_exit();
	vdpa_nl_loads_exit();
	vdpa_lines_exit();
	vdpa_answers_exit();
	vdpa_groups_exit();
	vdpa_events_exit();
	vdpa_removals_exit();
	vdpa_mgmtdevs_exit();
	vdpa_registry_exit();
}

module_init(vdpa_init);
module_exit(vdpa_exit);

MODULE_DESCRIPTION("vDPA core");
MODULE_VERSION(VDPA_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(VDPA_GENL_NAME);
