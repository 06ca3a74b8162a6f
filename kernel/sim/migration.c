// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration of simulated devices: what the vDPA core asks, where it knows of migration. Each class
 * has its own attributes and its own private state.
 *
 * A private state begins with a header, whatever the class; the rest is the class's.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/vdpa_migration.h>

#include "sim.h"

#define STATE_MAGIC	0x4d495356	/* "VSIM" */

static bool honour_deadline;
module_param(honour_deadline, bool, 0444);
MODULE_PARM_DESC(honour_deadline,
		 "Suspends that would miss a deadline are given up by it, and told beforehand (default N)");

static bool take_back = true;
module_param(take_back, bool, 0444);
MODULE_PARM_DESC(take_back, "What was loaded can be taken back (default Y)");

/**
 * struct state_header - the start of a private state
 * @magic: STATE_MAGIC
 * @class: virtio device id
 */
struct state_header {
	__le32 magic;
	__le32 class;
};

static struct vdpasim_parent *to_parent(struct vdpa_mgmt_dev *mdev)
{
	return container_of(mdev, struct vdpasim_parent, mdev);
}

static int add_version(struct vdpasim_parent *parent, struct vdpa_migration_list *list)
{
	char version[VDPASIM_TEXT_MAX], accepts[VDPASIM_TEXT_MAX];

	vdpasim_text_read(&parent->version, version);
	vdpasim_text_read(&parent->accepts, accepts);
	/* Without a version: a parent that declares none. */
	if (!*version)
		return 0;
	return vdpa_migration_add_version(list, version, *accepts ? accepts : NULL);
}

static int describe(struct vdpa_device *vdpa, struct vdpa_migration_list *list)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	const struct vdpasim_class *class = sim->parent->class;

	return vdpasim_fault(&sim->parent->describe) ?: add_version(sim->parent, list) ?:
	       (class->describe ? class->describe(sim, list) : 0);
}

/* What the devices that would be created now have in common, whatever their class. */
static int describe_devices(struct vdpa_migration_list *list)
{
	static const char *const capabilities[] = {
		"private_state", "resume", "suspend", "vq_state",
	};
	static const char *const layouts[] = { "split" };

	return vdpa_migration_add_range(list, "vq_size", 1, VDPASIM_QUEUE_MAX) ?:
	       vdpa_migration_add_range(list, "iova_range", 0, U64_MAX) ?:
	       vdpa_migration_add_set(list, "vq_layout", layouts, ARRAY_SIZE(layouts)) ?:
	       vdpa_migration_add_set(list, "capabilities", capabilities,
				      ARRAY_SIZE(capabilities));
}

static int describe_mgmtdev(struct vdpa_mgmt_dev *mdev, u32 class,
			    struct vdpa_migration_list *list)
{
	struct vdpasim_parent *parent = to_parent(mdev);

	return vdpasim_fault(&parent->describe) ?: add_version(parent, list) ?:
	       describe_devices(list) ?:
	       (parent->class->describe_next ? parent->class->describe_next(list) : 0);
}

static int check(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa,
		 const struct vdpa_migration_source *source, struct netlink_ext_ack *extack)
{
	int err = vdpasim_fault(&to_parent(mdev)->check);

	if (err)
		NL_SET_ERR_MSG_MOD(extack, "a test wants no migration here");
	return err;
}

static int save(struct vdpa_device *vdpa, struct vdpa_migration_writer *to)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	const struct state_header header = {
		.magic = cpu_to_le32(STATE_MAGIC),
		.class = cpu_to_le32(sim->parent->class->device_id),
	};
	int err;

	err = vdpasim_fault(&sim->parent->save) ?: vdpasim_fault(&sim->save);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;
	if (!sim->suspended)
		err = -EBUSY;
	else
		err = to->write(to, &header, sizeof(header)) ?: sim->parent->class->save(sim, to);
	mutex_unlock(&sim->lock);
	return err;
}

static int read_header(const struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	struct state_header header;
	int err;

	err = from->read(from, &header, sizeof(header));
	if (err)
		return err;
	if (le32_to_cpu(header.magic) != STATE_MAGIC ||
	    le32_to_cpu(header.class) != sim->parent->class->device_id)
		return -EINVAL;
	return 0;
}

static int load(struct vdpa_device *vdpa, const struct vdpa_migration_source *source,
		struct vdpa_migration_reader *from)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->load) ?: vdpasim_fault(&sim->load);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;
	if (READ_ONCE(sim->running))
		err = -EBUSY;
	else
		err = read_header(sim, from) ?: sim->parent->class->load(sim, from);
	mutex_unlock(&sim->lock);
	return err;
}

static int unload(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->unload);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;
	if (READ_ONCE(sim->running))
		err = -EBUSY;
	else
		sim->parent->class->unload(sim);
	mutex_unlock(&sim->lock);
	return err;
}

static u64 delays_ns(const struct vdpasim_fault *a, const struct vdpasim_fault *b)
{
	return ((u64)READ_ONCE(a->delay_ms) + READ_ONCE(b->delay_ms)) * NSEC_PER_MSEC;
}

static u64 suspend_estimate(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return delays_ns(&sim->parent->suspend, &sim->suspend);
}

static u64 resume_estimate(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return delays_ns(&sim->parent->resume, &sim->resume);
}

/* Nothing has been stopped yet when the deadline turns out to be too early. */
static int suspend(struct vdpa_device *vdpa, ktime_t deadline)
{
	ktime_t end = ktime_add_ns(ktime_get(), suspend_estimate(vdpa));

	if (ktime_after(end, deadline)) {
		msleep(max(ktime_ms_delta(deadline, ktime_get()), 0LL));
		return -ETIMEDOUT;
	}
	return vdpasim_suspend(vdpa);
}

/**
 * vdpasim_migration_register - register the management device, with all it can do for migration
 * @parent: ready for it
 *
 * May sleep. Return: 0 or an error.
 */
int vdpasim_migration_register(struct vdpasim_parent *parent)
{
	const struct vdpa_migration_ops ops = {
		.size			= sizeof(ops),
		.describe		= describe,
		.describe_mgmtdev	= describe_mgmtdev,
		.check			= check,
		.save			= save,
		.load			= load,
		.unload			= take_back ? unload : NULL,
		.suspend		= honour_deadline ? suspend : NULL,
		.suspend_estimate	= honour_deadline ? suspend_estimate : NULL,
		.resume_estimate	= honour_deadline ? resume_estimate : NULL,
	};

	return vdpa_mgmtdev_register_migration(&parent->mdev, &ops);
}
