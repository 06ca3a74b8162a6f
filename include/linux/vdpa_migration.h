/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration of vDPA devices: what a parent driver may tell and do beyond
 * struct vdpa_config_ops.
 *
 * The core describes every device and every management device by a list of
 * attributes, each with the rule by which it has to match at the target of a
 * migration (the table of rules is in <uapi/linux/vdpa.h>). The core writes the
 * common part itself, also for parents that do not use this file. A parent that
 * wants more fills in a struct vdpa_migration_ops, in which all is optional, and
 * registers its management device with
 *
 *	err = vdpa_mgmtdev_register_migration(&mdev, &migration_ops);
 *
 * instead of vdpa_mgmtdev_register(). vdpa_mgmtdev_unregister() unregisters it, as
 * usual. The same module also loads on a core without migration: the call then does
 * what vdpa_mgmtdev_register() does. The module needs no symbol for this, because it
 * is looked up when the call is made. The module needs no further reference either:
 * the core cannot be unloaded while a module uses it.
 *
 * What a driver author has to decide:
 *
 * Versions. A parent without a version is compatible only with the same build of
 * itself. A parent declares a version with vdpa_migration_add_version() in both
 * describe operations. It then promises to load the state of any version with the
 * same major and no larger minor number, and of the versions in its ranges.
 *
 * Attributes. The parent describes what has to match at the target and is not in the
 * common part. Such an attribute is named "driver.attribute", where driver is the
 * module's name or the name that users know. A management device's list describes the
 * devices that it would create now. Without that, it is no target for a device that
 * exists elsewhere: the core knows only what struct vdpa_mgmt_dev says of those devices
 * (features, number of virtqueues, attributes that are accepted). So the parent adds
 * the common part that its devices will have: vq_size, iova_range, vq_layout,
 * capabilities, and those of the class. If the parent adds an attribute of the common
 * part, it replaces the core's.
 *
 * Private state. This is what the device knows beyond its virtqueues' positions and
 * beyond what the driver sets up again at the target: a receive filter that came over
 * the control queue, say. It is a stream of bytes in the parent's own format. It is
 * written and read in order. It goes through user space and over the network, so the
 * parent has to treat it as hostile input.
 *
 * Pre-copy. A device with much private state stands still while all of it is carried. A
 * parent can have it carried in rounds while the device runs. Each round has what the
 * earlier rounds did not have, and what has changed since. Then the device is suspended,
 * and little is left to carry. At the target the rounds are staged beside the device,
 * which does not change before the rest is loaded. A bus driver's reset does not discard
 * what is staged. A parent has all operations of the source's side and save, or none of
 * them; the same holds for the target's side and load.
 *
 * Pages that the device wrote. A program that moves a guest's memory while the device runs
 * needs to know which pages the device has written meanwhile. A parent has all of the three
 * operations for this and dirty_page_sizes, or none of them. Addresses are those that the
 * driver has given the device.
 *
 *  - It is not the device's driver that asks for tracking, but the program that moves the
 *    memory. So tracking begins with dirty_start. It ends with dirty_stop, or without a call
 *    when the device is deleted. A suspend does not end it: the rest is read after it. A reset
 *    does not end it either: what was written before still has to be carried.
 *  - No page may be lost. A page is noted after its last byte was written, so that a reader
 *    who copies it has that byte. After dirty_start has returned, all writes are noted. After
 *    a suspend has returned, nothing is written any more. A page that was not written may be
 *    noted.
 *  - dirty_read clears what the sink has taken, in one step for each word: a write that comes
 *    in between stays noted. What the sink refuses stays noted as well.
 *  - The parent bounds the memory for this. If that runs out, dirty_read fails with -EOVERFLOW
 *    until dirty_stop. Then the reader has to begin anew.
 *
 * Chains in flight. A suspend need not wait for slow requests. A parent with
 * vq_inflight_get and vq_inflight_set may stop before it has completed what it took from
 * a virtqueue. It reports those chains. The same device after a resume, or the target of a
 * migration, takes them up again from the ring.
 *
 *  - A chain that is given up has no used entry. It may have had an effect only if a second
 *    try has the same effect. Other requests are finished before the suspend ends.
 *  - One number identifies a chain. Split rings: the index of its first descriptor, as
 *    in the available ring. Packed rings: the place of its first descriptor in the
 *    ring, which also has its buffer ID and length. So its descriptors must still be there.
 *    A device that completes chains out of order writes used entries over the descriptors
 *    of older ones. It finishes those before the suspend ends. All chains that it reports
 *    lie between the used and the available position.
 *  - The available position counts them as taken. Split rings: the used index is the
 *    available index minus their number. Packed rings: the used position is told.
 *  - A virtqueue has at most VDPA_VQ_INFLIGHT_MAX of them. A suspend finishes the others.
 *  - They are lost if only positions are carried to another device, by a virtual machine
 *    monitor that does not know them, say. So a parent waits by default. It stops early only
 *    if it was told to, in whatever way it offers.
 *
 * The core describes such a device by the attribute "inflight", 1, at-least: its target
 * has to be able to take up what it has in flight. If a parent knows that a device will
 * have nothing in flight, it adds the attribute itself, with the rule "info".
 *
 * Context of all operations unless they say otherwise: a worker, with no lock held.
 * They may sleep as long as they need. Only the caller waits for them. Different
 * operations may be called at the same time, also on the same device. @save, @load,
 * @estimate and all operations of pre-copy are called one at a time for each device. A
 * device is not unregistered before the operation returns. So an operation that waits for
 * hardware needs a timeout.
 */
#ifndef _LINUX_VDPA_MIGRATION_H
#define _LINUX_VDPA_MIGRATION_H

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/types.h>
#include <linux/vdpa.h>

struct netlink_ext_ack;

/* Words of 64 bits beyond the first one, in a bitmask or a set of features. */
#define VDPA_HIGH_WORDS		7

/**
 * struct vdpa_migration_attribute - one attribute of a description
 * @name: 1 to 63 bytes of letters, digits, '_', '-' and '.'
 * @type: "u64", "bitmask", "string", "set", "range" or "version"
 * @rule: "equal", "superset", "at-least", "at-most", "contains", "version" or "info"
 * @provision: it is set when a device is created. In the list of a management device:
 *	it can be set there, to every number in a "range", to anything if @has_value
 *	is false.
 * @has_value: whether what follows is set
 * @n_high: "bitmask", words in @high, up to VDPA_HIGH_WORDS; 0: no bit beyond 63
 * @num: "u64", "bitmask": its bits 0 to 63
 * @high: "bitmask", word i is bits 64 + 64i to 127 + 64i
 * @first: "range", smallest
 * @last: "range", largest
 * @string: "string", "version"
 * @accepts: "version", the ranges that are accepted, NULL for none
 * @members: "set", in any order
 * @n_members: "set", how many; 0 is an empty one
 */
struct vdpa_migration_attribute {
	const char *name;
	const char *type;
	const char *rule;
	bool provision;
	bool has_value;
	u16 n_high;
	union {
		struct {
			u64 num;
			const u64 *high;
		};
		struct {
			u64 first;
			u64 last;
		};
		struct {
			const char *string;
			const char *accepts;
		};
		struct {
			const char *const *members;
			unsigned int n_members;
		};
	};
};

/**
 * struct vdpa_migration_list - what a description is added to
 * @add: add an attribute; strings are copied. Return: 0; -EINVAL if it is not valid, or the
 *	name is there already; -E2BIG if the list is full; -ENOMEM.
 *
 * If @add does not return 0, a parent can just return that.
 */
struct vdpa_migration_list {
	int (*add)(struct vdpa_migration_list *list, const struct vdpa_migration_attribute *attr);
};

/**
 * struct vdpa_migration_source - a description, to be judged
 * @class: virtio device ID
 * @n: how many attributes
 * @attrs: well-formed, but not trusted: types and rules may be unknown; in any order
 */
struct vdpa_migration_source {
	u32 class;
	unsigned int n;
	const struct vdpa_migration_attribute *attrs;
};

/**
 * struct vdpa_migration_writer - what private state is written to
 * @write: append @len bytes. Return: 0; -EFBIG if it is more than
 *	VDPA_STATE_PRIVATE_MAX in all, in one round of a pre-copy or in its rest; -ENOMEM;
 *	-ECANCELED if the caller is gone.
 */
struct vdpa_migration_writer {
	int (*write)(struct vdpa_migration_writer *to, const void *buf, size_t len);
};

/**
 * struct vdpa_migration_reader - what private state is read from
 * @left: bytes that are still to come
 * @read: take the next @len bytes. Return: 0; -ENODATA, and nothing is taken, if there
 *	are less.
 */
struct vdpa_migration_reader {
	u64 left;
	int (*read)(struct vdpa_migration_reader *from, void *buf, size_t len);
};

/**
 * struct vdpa_dirty_range - addresses
 * @asid: the address space
 * @first: the first of them
 * @last: the last of them
 *
 * It begins and ends where pages of the size that is tracked do.
 */
struct vdpa_dirty_range {
	u32 asid;
	u64 first;
	u64 last;
};

/**
 * struct vdpa_dirty_sink - takes the pages that the device wrote
 * @put: take a word of the bitmap: bit n is the page that is n pages behind @iova, which is a
 *	multiple of 64 pages. @pages has no bit outside the range that is read, and is not 0: clean
 *	stretches are passed over. Words come in ascending order. May not sleep. Return: 0; -ENOSPC
 *	if there is no room for it, -ECANCELED if nobody wants it any more: then it is not taken,
 *	and the parent returns that; -EINVAL if it breaks these rules.
 */
struct vdpa_dirty_sink {
	int (*put)(struct vdpa_dirty_sink *to, u64 iova, u64 pages);
};

/**
 * vdpa_dirty_mask - which pages of a word are in a range
 * @iova: what bit 0 of the word is about
 * @range: the range, of which the word has a page at least
 * @shift: log2 of the page size
 *
 * Return: their bits.
 */
static inline u64 vdpa_dirty_mask(u64 iova, const struct vdpa_dirty_range *range,
				  unsigned int shift)
{
	u64 last = (range->last - iova) >> shift;
	u64 mask = ~0ULL;

	if (range->first > iova)
		mask <<= (range->first - iova) >> shift;
	if (last < 63)
		mask &= ~0ULL >> (63 - last);
	return mask;
}

/**
 * struct vdpa_migration_ops - what a parent can do for migration; all but @size is optional
 * @size: sizeof(struct vdpa_migration_ops), so that it can grow
 * @describe: add a device's own attributes. Also called while the device runs.
 *	Return: 0 or an error: the device then has no description.
 * @describe_mgmtdev: add a management device's own attributes, for the class of devices
 *	with that virtio device ID. Return: as @describe.
 * @check: the last word on whether a device with the description @source can be migrated
 *	to @vdev, or to a device that @mdev would create (@vdev is NULL). All rules have
 *	been found to match. Must not change anything. Return: 0; an error if not, with the
 *	reason in @extack.
 * @save: write a device's private state. The device is suspended. If it is resumed or
 *	reset meanwhile, the core discards what was written. Return: 0 or an error.
 * @load: take over private state. The device is suspended, or a driver has negotiated the
 *	features that the source had, but has not set DRIVER_OK. It may do so at any
 *	moment; then this returns -EBUSY. @source has been judged, the virtqueues'
 *	positions are set. Read the whole state, down to the last byte, before using
 *	any of it: return an error with nothing changed, or 0. A reset discards what
 *	was loaded. Called with an empty stream if the source has written none.
 * @suspend: suspend a device by @deadline (CLOCK_MONOTONIC; KTIME_MAX: no deadline), as
 *	vdpa_config_ops.suspend does, which must be there as well. If it
 *	cannot meet the deadline, the device runs on and this returns -ETIMEDOUT, by
 *	@deadline. With this operation the core does not refuse a deadline because of
 *	the time that earlier suspends took.
 * @suspend_estimate: how long a suspend of the device would take now, in ns. May not sleep.
 *	A shorter deadline is refused without touching the device.
 * @resume_estimate: how long a resume would take, in ns. May not sleep.
 * @unload: restore what a device had before the last @load, because another device that was
 *	loaded with it refused its state. The device was not reset, started or resumed since;
 *	if that happens just now, this returns -EBUSY. What is kept for this can be freed when
 *	one of these happens, and at the next @load. If this is absent, a device that has @load
 *	is not loaded together with others. Return: 0, or an error: the device keeps what was
 *	loaded.
 * @features_high: which feature bits beyond 63 a device offers, or, if @negotiated, its driver
 *	has negotiated: word i of @high is bits 64 + 64i to 127 + 64i. There is room for
 *	VDPA_HIGH_WORDS words, which are 0. May not sleep. Absent: none.
 * @supported_high: the same of those that a management device supports. May not sleep.
 * @estimate: set @bytes to how much private state a save would carry now, and @changed to
 *	how much of it has changed since the device was made. A byte counts each time it
 *	changes, so @changed never decreases, and two calls tell how fast it grows. Both are in
 *	bytes and may be rough. Return: 0 or an error.
 * @precopy_begin: from now on note what changes. Return: 0 or an error.
 * @precopy_read: write a round. It has as much as the parent likes of what existed when the
 *	pre-copy began and was in no round yet, and what has changed since it was in one. What
 *	changes meanwhile goes into a later round, or into the rest. An error ends the pre-copy.
 *	Return: 0 or an error.
 * @precopy_info: set @initial to how much of what existed at the beginning was in no round
 *	yet, @dirty to how much has changed since it was in one. In bytes, may be rough.
 *	Return: 0 or an error, which ends the pre-copy.
 * @precopy_save: write the rest, everything that is not in the rounds. The device is suspended, as
 *	for @save. The pre-copy ends after it. Return: 0 or an error.
 * @precopy_end: stop noting, whatever the result was. Called once for each begin that has
 *	succeeded; not for a device that is unregistered first.
 * @precopy_load: stage a round, which comes after those that are staged already. The device
 *	does not change; it may have a driver or none, and be reset. On an error nothing that is
 *	staged is used. @source has been judged. Return: 0 or an error.
 * @precopy_drop: discard what is staged. Also called after each @load that came after rounds:
 *	@load then takes the rest together with what is staged, all or nothing. What it has
 *	taken is no longer staged. Not called for a device that is unregistered first.
 * @dirty_page_sizes: the sizes of pages that can be tracked, their sum: each a power of two from
 *	4096 to 2^30. This and the next three: all or none, or the management device is not
 *	registered.
 * @dirty_start: note from now on which pages the device writes, of those in the @n @ranges, which
 *	do not overlap and stay the core's. @page_size is one of @dirty_page_sizes. Return: 0; or
 *	an error, and nothing is noted, with the reason in @extack.
 * @dirty_read: tell @to which pages of @range the device wrote since they were cleared, and clear
 *	them if @clear. @range is within one of those that are tracked. Return: 0 when all were
 *	told; what @to returned; -EOVERFLOW if not all that it wrote was noted; another error.
 * @dirty_stop: stop noting. Return: 0; or an error, and tracking goes on.
 *	The core calls these three for one device one at a time, and only in this order.
 * @vq_inflight_get: tell the chains of virtqueue @idx that the device has taken and not
 *	completed, in the order in which it took them, as "Chains in flight" above says.
 *	@heads has room for @max of them. Called with the device's cf_lock held, also for a
 *	device that runs: the result is then a snapshot. Return: how many; an error.
 * @vq_inflight_set: have the device take up these chains before anything newer, in this
 *	order, each once, when it starts or is resumed. They replace what was set
 *	or given up before. @n may be 0. The device is suspended, or a driver has not set
 *	DRIVER_OK yet; the virtqueue's position is set. The core has checked them: they
 *	are no more than the ring has descriptors, none lies beyond it, none comes twice.
 *	A reset discards them; setting a position does not. Called with the
 *	device's cf_lock held. Return: 0, or an error and nothing has changed. A parent
 *	has both of these operations or none; with one it is not registered.
 *
 * The structure is copied.
 */
struct vdpa_migration_ops {
	size_t size;
	int (*describe)(struct vdpa_device *vdev, struct vdpa_migration_list *list);
	int (*describe_mgmtdev)(struct vdpa_mgmt_dev *mdev, u32 class,
				struct vdpa_migration_list *list);
	int (*check)(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdev,
		     const struct vdpa_migration_source *source, struct netlink_ext_ack *extack);
	int (*save)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	int (*load)(struct vdpa_device *vdev, const struct vdpa_migration_source *source,
		    struct vdpa_migration_reader *from);
	int (*suspend)(struct vdpa_device *vdev, ktime_t deadline);
	u64 (*suspend_estimate)(struct vdpa_device *vdev);
	u64 (*resume_estimate)(struct vdpa_device *vdev);
	int (*unload)(struct vdpa_device *vdev);
	void (*features_high)(struct vdpa_device *vdev, bool negotiated, u64 *high);
	void (*supported_high)(struct vdpa_mgmt_dev *mdev, u64 *high);
	int (*estimate)(struct vdpa_device *vdev, u64 *bytes, u64 *changed);
	int (*precopy_begin)(struct vdpa_device *vdev);
	int (*precopy_read)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	int (*precopy_info)(struct vdpa_device *vdev, u64 *initial, u64 *dirty);
	int (*precopy_save)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	void (*precopy_end)(struct vdpa_device *vdev);
	int (*precopy_load)(struct vdpa_device *vdev, const struct vdpa_migration_source *source,
			    struct vdpa_migration_reader *from);
	void (*precopy_drop)(struct vdpa_device *vdev);
	u64 dirty_page_sizes;
	int (*dirty_start)(struct vdpa_device *vdev, const struct vdpa_dirty_range *ranges,
			   unsigned int n, u64 page_size, struct netlink_ext_ack *extack);
	int (*dirty_read)(struct vdpa_device *vdev, const struct vdpa_dirty_range *range,
			  bool clear, struct vdpa_dirty_sink *to);
	int (*dirty_stop)(struct vdpa_device *vdev);
	int (*vq_inflight_get)(struct vdpa_device *vdev, u16 idx, u16 *heads, unsigned int max);
	int (*vq_inflight_set)(struct vdpa_device *vdev, u16 idx, const u16 *heads,
			       unsigned int n);
};

/*
 * The version of what this file declares. No checksum protects a symbol that is looked up by its
 * name, so the caller passes the version that it was built with. A new operation at the end of
 * struct vdpa_migration_ops does not change the version, because the structure has its size.
 * Every other change does.
 */
#define VDPA_MIGRATION_VERSION	1

/* The core's part of vdpa_mgmtdev_register_migration(), which is what parents call. */
int __vdpa_mgmtdev_register_migration(unsigned int version, struct vdpa_mgmt_dev *mdev,
				      const struct vdpa_migration_ops *ops);

/**
 * vdpa_mgmtdev_register_migration - register a management device that can do more
 * @mdev: the management device
 * @ops: what it can do; copied. A core without migration, or with another
 *	VDPA_MIGRATION_VERSION, ignores it
 *
 * Context: may sleep.
 * Return: as vdpa_mgmtdev_register(); -EINVAL also if @ops has half of pre-copy.
 */
static inline int vdpa_mgmtdev_register_migration(struct vdpa_mgmt_dev *mdev,
						  const struct vdpa_migration_ops *ops)
{
	int (*reg)(unsigned int version, struct vdpa_mgmt_dev *mdev,
		   const struct vdpa_migration_ops *ops);
	int err;

	reg = symbol_get(__vdpa_mgmtdev_register_migration);
	if (!reg)
		return vdpa_mgmtdev_register(mdev);
	err = reg(VDPA_MIGRATION_VERSION, mdev, ops);
	symbol_put(__vdpa_mgmtdev_register_migration);
	return err;
}

static inline int vdpa_migration_add_u64(struct vdpa_migration_list *list, const char *name,
					 const char *rule, u64 num)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "u64", .rule = rule, .has_value = true, .num = num,
	};

	return list->add(list, &attr);
}

static inline int vdpa_migration_add_string(struct vdpa_migration_list *list, const char *name,
					    const char *rule, const char *string)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "string", .rule = rule, .has_value = true, .string = string,
	};

	return list->add(list, &attr);
}

/* All members of the set are in the target's. */
static inline int vdpa_migration_add_set(struct vdpa_migration_list *list, const char *name,
					 const char *const *members, unsigned int n)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "set", .rule = "superset", .has_value = true,
		.members = members, .n_members = n,
	};

	return list->add(list, &attr);
}

/* The range is within the target's. */
static inline int vdpa_migration_add_range(struct vdpa_migration_list *list, const char *name,
					   u64 first, u64 last)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "range", .rule = "contains", .has_value = true,
		.first = first, .last = last,
	};

	return list->add(list, &attr);
}

/**
 * vdpa_migration_add_version - declare the version of the state that a parent saves and loads
 * @list: description of a device or management device
 * @version: "major.minor.bugfix"
 * @accepts: the other versions whose state it loads, e.g. "2.0.2-2.0.4,2.1.0-";
 *	NULL: only those that the rule allows
 *
 * Return: as the list's add operation.
 */
static inline int vdpa_migration_add_version(struct vdpa_migration_list *list,
					     const char *version, const char *accepts)
{
	struct vdpa_migration_attribute attr = {
		.name = "software_version", .type = "version", .rule = "version",
		.has_value = true, .string = version, .accepts = accepts,
	};

	return list->add(list, &attr);
}

#endif
