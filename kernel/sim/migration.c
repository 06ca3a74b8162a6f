// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration operations of simulated devices. Each class has its own attributes and private state.
 *
 * A private state, a pre-copy round and the rest after the rounds each begin with a header; the
 * remaining bytes belong to the class.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/vdpa_migration.h>

#include "sim.h"

/* Magic numbers of the headers. */
#define WHOLE_MAGIC	0x4d495356	/* "VSIM" */
#define ROUND_MAGIC	0x44525356	/* "VSRD" */
#define REST_MAGIC	0x45525356	/* "VSRE" */

static bool honour_deadline;
module_param(honour_deadline, bool, 0444);
MODULE_PARM_DESC(honour_deadline,
		 "Estimate suspends, and give up those that would miss a deadline (default N)");

static bool take_back = true;
module_param(take_back, bool, 0444);
MODULE_PARM_DESC(take_back, "What was loaded can be taken back (default Y)");

/**
 * struct state_header - the start of a private state
 * @magic: WHOLE_MAGIC, ROUND_MAGIC or REST_MAGIC
 * @class: virtio device ID
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
	/* An empty version: the parent declares none. */
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

/* Add the attributes of devices that would be created now that do not depend on their class. */
static int describe_devices(const struct vdpasim_class *class, struct vdpa_migration_list *list)
{
	static const char *const capabilities[] = {
		"precopy", "private_state", "resume", "suspend", "vq_state",
	};
	unsigned int first = class->precopy ? 0 : 1;
	static const char *const layouts[] = { "split" };

	return vdpa_migration_add_range(list, "vq_size", 1, VDPASIM_QUEUE_MAX) ?:
	       vdpa_migration_add_range(list, "iova_range", 0, U64_MAX) ?:
	       vdpa_migration_add_set(list, "vq_layout", layouts, ARRAY_SIZE(layouts)) ?:
	       vdpa_migration_add_set(list, "capabilities", capabilities + first,
				      ARRAY_SIZE(capabilities) - first);
}

static int describe_mgmtdev(struct vdpa_mgmt_dev *mdev, u32 class,
			    struct vdpa_migration_list *list)
{
	struct vdpasim_parent *parent = to_parent(mdev);

	return vdpasim_fault(&parent->describe) ?: add_version(parent, list) ?:
	       describe_devices(parent->class, list) ?:
	       (parent->class->describe_next ? parent->class->describe_next(list) : 0);
}

static int check(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa,
		 const struct vdpa_migration_source *source, struct netlink_ext_ack *extack)
{
	int err = vdpasim_fault(&to_parent(mdev)->check);

	if (err)
		NL_SET_ERR_MSG_MOD(extack, "a test refuses migration here");
	return err;
}

static int write_header(const struct vdpasim *sim, u32 magic, struct vdpa_migration_writer *to)
{
	const struct state_header header = {
		.magic = cpu_to_le32(magic),
		.class = cpu_to_le32(sim->parent->class->device_id),
	};

	return to->write(to, &header, sizeof(header));
}

static int save(struct vdpa_device *vdpa, struct vdpa_migration_writer *to)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->save) ?: vdpasim_fault(&sim->save);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;
	if (!sim->suspended)
		err = -EBUSY;
	else
		err = write_header(sim, WHOLE_MAGIC, to) ?: sim->parent->class->save(sim, to);
	mutex_unlock(&sim->lock);
	return err;
}

static int read_header(const struct vdpasim *sim, u32 *magic, struct vdpa_migration_reader *from)
{
	struct state_header header;
	int err;

	err = from->read(from, &header, sizeof(header));
	if (err)
		return err;
	*magic = le32_to_cpu(header.magic);
	return le32_to_cpu(header.class) == sim->parent->class->device_id ? 0 : -EINVAL;
}

static int read_state(struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	const struct vdpasim_class *class = sim->parent->class;
	u32 magic;
	int err = read_header(sim, &magic, from);

	if (err)
		return err;
	if (magic == WHOLE_MAGIC)
		return class->load(sim, from);
	return magic == REST_MAGIC && class->precopy ? class->precopy->finish(sim, from) : -EINVAL;
}

/* Take the lock of a device that is not running. Return: 0; -EINTR or -EBUSY without the lock. */
static int lock_at_rest(struct vdpasim *sim)
{
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;
	if (!READ_ONCE(sim->running))
		return 0;
	mutex_unlock(&sim->lock);
	return -EBUSY;
}

static int load(struct vdpa_device *vdpa, const struct vdpa_migration_source *source,
		struct vdpa_migration_reader *from)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->load) ?: vdpasim_fault(&sim->load) ?: lock_at_rest(sim);
	if (err)
		return err;
	err = read_state(sim, from);
	mutex_unlock(&sim->lock);
	return err;
}

static int unload(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->unload) ?: lock_at_rest(sim);
	if (err)
		return err;
	sim->parent->class->unload(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static u64 delays_ns(const struct vdpasim_fault *a, const struct vdpasim_fault *b)
{
	return ((u64)READ_ONCE(a->delay_ms) + READ_ONCE(b->delay_ms)) * NSEC_PER_MSEC;
}

static u64 suspend_estimate(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return delays_ns(&sim->parent->suspend, &sim->suspend) + vdpasim_flights_left_ns(sim);
}

static u64 resume_estimate(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return delays_ns(&sim->parent->resume, &sim->resume);
}

/* If the suspend would miss the deadline, fail before anything is stopped. */
static int suspend(struct vdpa_device *vdpa, ktime_t deadline)
{
	ktime_t end = ktime_add_ns(ktime_get(), suspend_estimate(vdpa));

	if (ktime_after(end, deadline)) {
		msleep(max(ktime_ms_delta(deadline, ktime_get()), 0LL));
		return -ETIMEDOUT;
	}
	return vdpasim_suspend(vdpa);
}

static int estimate(struct vdpa_device *vdpa, u64 *bytes, u64 *changed)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err = vdpasim_fault(&sim->parent->estimate);

	if (err)
		return err;
	mutex_lock(&sim->lock);
	sim->parent->class->estimate(sim, bytes, changed);
	mutex_unlock(&sim->lock);
	*bytes += sizeof(struct state_header);
	return 0;
}

static const struct vdpasim_precopy *precopy_of(const struct vdpasim *sim)
{
	return sim->parent->class->precopy;
}

static int precopy_begin(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err = vdpasim_fault(&sim->parent->precopy_begin);

	if (err)
		return err;
	mutex_lock(&sim->lock);
	err = precopy_of(sim)->begin(sim);
	mutex_unlock(&sim->lock);
	return err;
}

static int precopy_read(struct vdpa_device *vdpa, struct vdpa_migration_writer *to)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return vdpasim_fault(&sim->parent->precopy_read) ?: write_header(sim, ROUND_MAGIC, to) ?:
	       precopy_of(sim)->read(sim, to);
}

static int precopy_info(struct vdpa_device *vdpa, u64 *initial, u64 *dirty)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	return vdpasim_fault(&sim->parent->precopy_info) ?:
	       precopy_of(sim)->info(sim, initial, dirty);
}

static int precopy_save(struct vdpa_device *vdpa, struct vdpa_migration_writer *to)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err = vdpasim_fault(&sim->parent->precopy_save);

	if (err)
		return err;
	mutex_lock(&sim->lock);
	if (!sim->suspended)
		err = -EBUSY;
	else
		err = write_header(sim, REST_MAGIC, to) ?: precopy_of(sim)->save(sim, to);
	mutex_unlock(&sim->lock);
	return err;
}

static void precopy_end(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	vdpasim_fault(&sim->parent->precopy_end);
	mutex_lock(&sim->lock);
	precopy_of(sim)->end(sim);
	mutex_unlock(&sim->lock);
}

static int precopy_load(struct vdpa_device *vdpa, const struct vdpa_migration_source *source,
			struct vdpa_migration_reader *from)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	u32 magic;
	int err;

	err = vdpasim_fault(&sim->parent->precopy_load) ?: read_header(sim, &magic, from);
	if (err)
		return err;
	return magic == ROUND_MAGIC ? precopy_of(sim)->load(sim, from) : -EINVAL;
}

static void precopy_drop(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	vdpasim_fault(&sim->parent->precopy_drop);
	precopy_of(sim)->drop(sim);
}

static void add_precopy(struct vdpa_migration_ops *ops)
{
	ops->precopy_begin = precopy_begin;
	ops->precopy_read = precopy_read;
	ops->precopy_info = precopy_info;
	ops->precopy_save = precopy_save;
	ops->precopy_end = precopy_end;
	ops->precopy_load = precopy_load;
	ops->precopy_drop = precopy_drop;
}

/**
 * vdpasim_migration_register - register the management device with its migration operations
 * @parent: the management device, set up
 *
 * May sleep. Return: 0 or an error.
 */
int vdpasim_migration_register(struct vdpasim_parent *parent)
{
	bool flights = parent->class->reports;
	struct vdpa_migration_ops ops = {
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
		.estimate		= parent->class->estimate ? estimate : NULL,
		.dirty_page_sizes	= VDPASIM_DIRTY_PAGE_SIZES,
		.dirty_start		= vdpasim_dirty_start,
		.dirty_read		= vdpasim_dirty_read,
		.dirty_stop		= vdpasim_dirty_stop,
		.vq_inflight_get	= flights ? vdpasim_inflight_get : NULL,
		.vq_inflight_set	= flights ? vdpasim_inflight_set : NULL,
	};

	if (parent->class->precopy)
		add_precopy(&ops);
	return vdpa_mgmtdev_register_migration(&parent->mdev, &ops);
}
