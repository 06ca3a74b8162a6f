// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpa.ko: the vDPA core.
 *
 * Parents (mgmtdev.c, parents.c) create devices (device.c), which are registered by
 * name and index (registry.c), driven by bus drivers (bus.c), and managed over
 * netlink (netlink.c and the nl_*.c beside it). What may take long is a request
 * (request.c), above all deleting a device (removal.c). What a device is doing
 * (state.c) is seen by observing its operations (ops.c), and told as events
 * (event.c). What has to match at the target of a migration is described
 * (migration.c) by lists (list.c) that are compared (compat.c), and a device's state
 * is saved (nl_save.c) and loaded (load.c).
 */
#include <linux/device.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "bus.h"
#include "mgmtdev.h"
#include "netlink/answer.h"
#include "netlink/netlink.h"
#include "notify.h"
#include "registry.h"
#include "removal.h"
#include "request.h"
#include "suspend.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Started in this order, stopped in the reverse one. */
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
	err = vdpa_requests_init();
	if (err)
		goto err_requests;
	err = vdpa_nl_loads_init();
	if (err)
		goto err_loads;
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
	vdpa_nl_loads_exit();
err_loads:
	vdpa_requests_exit();
err_requests:
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
	vdpa_nl_loads_exit();
	vdpa_requests_exit();
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
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(VDPA_GENL_NAME);
