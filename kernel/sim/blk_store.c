// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sparse disks in memory: pages in an xarray, by their index on the disk. Data that was never
 * written, or was discarded, has no page and reads as zeroes.
 */
#include <linux/highmem.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vdpa_migration.h>
#include <linux/xarray.h>

#include "blk.h"

/* A write without memory fails: do not retry hard, do not warn. */
#define STORE_GFP	(GFP_KERNEL | __GFP_ZERO | __GFP_HIGHMEM | __GFP_NORETRY | __GFP_NOWARN)

/**
 * struct blk_store - see blk.h
 * @ref: one for each user
 * @entry: node in the list of named stores, if it has a name
 * @pages: pages by index. Its lock is also held while a reference to a page is taken, so that a
 *	discard on another queue does not free the page during a copy.
 * @n_pages: number of pages
 * @changes: set of changed pages, or NULL: see blk_store_watch()
 * @name: empty for a private store
 */
struct blk_store {
	struct kref ref;
	struct list_head entry;
	struct xarray pages;
	atomic_long_t n_pages;
	struct blk_changes *changes;
	char name[BLK_STORE_NAME];
};

/* Protects named_stores and the drop of a store's last reference. Nothing is taken inside it. */
static DEFINE_MUTEX(named_lock);
static LIST_HEAD(named_stores);

static struct blk_store *create(const char *name)
{
	struct blk_store *store;

	store = kzalloc(sizeof(*store), GFP_KERNEL);
	if (!store)
		return NULL;
	kref_init(&store->ref);
	INIT_LIST_HEAD(&store->entry);
	xa_init(&store->pages);
	strscpy(store->name, name, sizeof(store->name));
	return store;
}

static struct blk_store *get_named(const char *name)
{
	struct blk_store *store;

	list_for_each_entry(store, &named_stores, entry) {
		if (!strcmp(store->name, name)) {
			kref_get(&store->ref);
			return store;
		}
	}
	store = create(name);
	if (store)
		list_add(&store->entry, &named_stores);
	return store;
}

/* Take another reference. */
void blk_store_hold(struct blk_store *store)
{
	kref_get(&store->ref);
}

/**
 * blk_store_get - create a private store, or get a named one
 * @name: name of a shared store; empty: private
 *
 * May sleep. Return: the store, to be put with blk_store_put(), or NULL.
 */
struct blk_store *blk_store_get(const char *name)
{
	struct blk_store *store;

	if (!*name)
		return create(name);

	mutex_lock(&named_lock);
	store = get_named(name);
	mutex_unlock(&named_lock);
	return store;
}

static void release(struct kref *ref)
{
	struct blk_store *store = container_of(ref, struct blk_store, ref);

	list_del(&store->entry);
}

/**
 * blk_store_put - drop a reference to a store; the last one frees its data
 * @store: the store, or NULL
 *
 * May sleep.
 */
void blk_store_put(struct blk_store *store)
{
	unsigned long index;
	struct page *page;
	int last;

	if (!store)
		return;

	mutex_lock(&named_lock);
	last = kref_put(&store->ref, release);
	mutex_unlock(&named_lock);
	if (!last)
		return;

	xa_for_each(&store->pages, index, page) {
		put_page(page);
		cond_resched();
	}
	xa_destroy(&store->pages);
	kfree(store);
}

/* Return: the page at @index with a reference, or NULL. */
static struct page *find_page(struct blk_store *store, pgoff_t index)
{
	struct page *page;

	xa_lock(&store->pages);
	page = xa_load(&store->pages, index);
	if (page)
		get_page(page);
	xa_unlock(&store->pages);
	return page;
}

/* The same, but creates a missing page. Return: NULL without memory. */
static struct page *find_or_add_page(struct blk_store *store, pgoff_t index)
{
	struct page *page, *new;

	page = find_page(store, index);
	if (page)
		return page;

	new = alloc_page(STORE_GFP);
	if (!new)
		return NULL;

	/* xa_store() may drop the lock to allocate, so reserve the entry first. */
	if (xa_reserve(&store->pages, index, GFP_KERNEL)) {
		__free_page(new);
		return NULL;
	}

	xa_lock(&store->pages);
	page = xa_load(&store->pages, index);
	if (!page && !xa_is_err(__xa_store(&store->pages, index, new, GFP_NOWAIT))) {
		atomic_long_inc(&store->n_pages);
		page = new;
	}
	if (page)
		get_page(page);
	xa_unlock(&store->pages);

	if (page != new)
		__free_page(new);
	return page;
}

/*
 * The set of changed pages. A writer adds a page after it changed it. A reader removes a page from
 * the set before it reads it, so a change during the read or later is recorded again. Both take the
 * lock of the xarray, so that a reader that removes a page sees its new data.
 */

void blk_changes_init(struct blk_changes *changes)
{
	xa_init(&changes->pages);
	atomic_long_set(&changes->n, 0);
	changes->lost = false;
}

void blk_changes_free(struct blk_changes *changes)
{
	xa_destroy(&changes->pages);
}

static void changes_note(struct blk_changes *changes, pgoff_t index)
{
	void *old = xa_store(&changes->pages, index, xa_mk_value(1), GFP_KERNEL);

	if (xa_is_err(old))
		WRITE_ONCE(changes->lost, true);
	else if (!old)
		atomic_long_inc(&changes->n);
}

/* Remove a page from the set. Return: whether it was in it. */
bool blk_changes_take(struct blk_changes *changes, pgoff_t index)
{
	bool noted = xa_erase(&changes->pages, index);

	if (noted)
		atomic_long_dec(&changes->n);
	return noted;
}

/**
 * blk_store_watch - start or stop tracking changes
 * @store: private disk
 * @changes: the set to record changes in; NULL: stop
 *
 * It applies to requests that begin from now on: vdpasim_settle() waits for the current ones.
 */
void blk_store_watch(struct blk_store *store, struct blk_changes *changes)
{
	WRITE_ONCE(store->changes, changes);
}

static inline void note(struct blk_store *store, pgoff_t index)
{
	struct blk_changes *changes = READ_ONCE(store->changes);

	if (unlikely(changes))
		changes_note(changes, index);
}

/* Return: the number of pages on the disk. */
unsigned long blk_store_pages(struct blk_store *store)
{
	return atomic_long_read(&store->n_pages);
}

/* Sets @index to the first page at or after it. Return: false if there is none. */
bool blk_store_next(struct blk_store *store, pgoff_t *index)
{
	return xa_find(&store->pages, index, ULONG_MAX, XA_PRESENT);
}

/**
 * blk_store_read - copy from a store to the buffers of a chain
 * @store: disk
 * @pos: position on it, in bytes
 * @vq: queue of the chain
 * @to: position in its buffers; advanced
 * @len: bytes
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int blk_store_read(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		   struct vdpasim_iter *to, u32 len)
{
	struct page *page;
	void *mem;
	int err;
	u32 n;

	for (; len; pos += n, len -= n) {
		n = min_t(u32, len, PAGE_SIZE - offset_in_page(pos));
		page = find_page(store, pos >> PAGE_SHIFT);
		mem = kmap_local_page(page ?: ZERO_PAGE(0));
		err = vdpasim_push(vq, to, mem + offset_in_page(pos), n);
		kunmap_local(mem);
		if (page)
			put_page(page);
		if (err)
			return err;
	}
	return 0;
}

/**
 * blk_store_write - copy from the buffers of a chain to a store
 * @store: disk
 * @pos: position on it, in bytes
 * @vq: queue of the chain
 * @from: position in its buffers; advanced
 * @len: bytes
 *
 * May sleep. Return: 0; -EIO and the device is in NEEDS_RESET; -ENOMEM.
 */
int blk_store_write(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		    struct vdpasim_iter *from, u32 len)
{
	struct page *page;
	void *mem;
	int err;
	u32 n;

	for (; len; pos += n, len -= n) {
		n = min_t(u32, len, PAGE_SIZE - offset_in_page(pos));
		page = find_or_add_page(store, pos >> PAGE_SHIFT);
		if (!page)
			return -ENOMEM;
		mem = kmap_local_page(page);
		err = vdpasim_pull(vq, from, mem + offset_in_page(pos), n);
		kunmap_local(mem);
		put_page(page);
		note(store, pos >> PAGE_SHIFT);
		if (err)
			return err;
	}
	return 0;
}

static void zero_part(struct blk_store *store, u64 pos, u32 len)
{
	struct page *page = find_page(store, pos >> PAGE_SHIFT);

	if (!page)
		return;
	memzero_page(page, offset_in_page(pos), len);
	put_page(page);
	note(store, pos >> PAGE_SHIFT);
}

/**
 * blk_store_zero - zero a range and free its pages
 * @store: disk
 * @pos: first byte
 * @len: bytes
 *
 * May sleep; takes time in proportion to the number of existing pages.
 */
void blk_store_zero(struct blk_store *store, u64 pos, u64 len)
{
	u64 end = pos + len, first = DIV_ROUND_UP_ULL(pos, PAGE_SIZE), last = end >> PAGE_SHIFT;
	unsigned long index;
	struct page *page;

	if (first > last) {
		zero_part(store, pos, len);
		return;
	}
	if (offset_in_page(pos))
		zero_part(store, pos, (first << PAGE_SHIFT) - pos);
	if (offset_in_page(end))
		zero_part(store, last << PAGE_SHIFT, offset_in_page(end));
	if (first == last)
		return;

	xa_for_each_range(&store->pages, index, page, first, last - 1) {
		/* Another discard may have removed it. */
		page = xa_erase(&store->pages, index);
		if (page) {
			atomic_long_dec(&store->n_pages);
			note(store, index);
			put_page(page);
		}
		cond_resched();
	}
}

/* Markers in a saved store: the end; a page that does not exist, as a flag in its index. */
#define SAVED_END	U64_MAX
#define SAVED_NONE	BIT_ULL(63)

static int save_index(u64 index, struct vdpa_migration_writer *to)
{
	__le64 word = cpu_to_le64(index);

	return to->write(to, &word, sizeof(word));
}

static int save_page(struct page *page, unsigned long index, struct vdpa_migration_writer *to)
{
	void *mem;
	int err;

	err = save_index(index, to);
	if (err)
		return err;
	mem = kmap_local_page(page);
	err = to->write(to, mem, PAGE_SIZE);
	kunmap_local(mem);
	return err;
}

/**
 * blk_store_save_page - write one page, or that it does not exist
 * @store: disk; queues may write to it meanwhile
 * @index: index of the page
 * @to: destination
 *
 * May sleep. Return: 0 or an error.
 */
int blk_store_save_page(struct blk_store *store, pgoff_t index, struct vdpa_migration_writer *to)
{
	struct page *page = find_page(store, index);
	int err;

	if (!page)
		return save_index(index | SAVED_NONE, to);
	err = save_page(page, index, to);
	put_page(page);
	return err;
}

/* Write the end marker. Return: 0 or an error. */
int blk_store_save_end(struct vdpa_migration_writer *to)
{
	return save_index(SAVED_END, to);
}

/**
 * blk_store_save - write all pages of a disk
 * @store: disk; no queue writes to it meanwhile
 * @to: destination
 *
 * May sleep. Return: 0 or an error.
 */
int blk_store_save(struct blk_store *store, struct vdpa_migration_writer *to)
{
	unsigned long index;
	struct page *page;
	int err;

	xa_for_each(&store->pages, index, page) {
		err = save_page(page, index, to);
		if (err)
			return err;
	}
	return blk_store_save_end(to);
}

static void load_none(struct blk_store *store, pgoff_t index)
{
	struct page *page = xa_erase(&store->pages, index);

	if (!page)
		return;
	atomic_long_dec(&store->n_pages);
	put_page(page);
}

static int load_page(struct blk_store *store, u64 word, u64 limit,
		     struct vdpa_migration_reader *from)
{
	u64 index = word & ~SAVED_NONE;
	struct page *page;
	void *mem;
	int err;

	if (index >= limit)
		return -EINVAL;
	if (word & SAVED_NONE) {
		load_none(store, index);
		return 0;
	}
	page = find_or_add_page(store, index);
	if (!page)
		return -ENOMEM;
	mem = kmap_local_page(page);
	err = from->read(from, mem, PAGE_SIZE);
	kunmap_local(mem);
	put_page(page);
	return err;
}

/**
 * blk_store_merge - read pages from a stream onto a disk
 * @store: disk without another user
 * @limit: maximum number of its pages
 * @from: the stream
 *
 * May sleep. Return: 0 or an error: then the disk's data is invalid.
 */
int blk_store_merge(struct blk_store *store, u64 limit, struct vdpa_migration_reader *from)
{
	__le64 word;
	int err;

	for (;;) {
		err = from->read(from, &word, sizeof(word));
		if (err || le64_to_cpu(word) == SAVED_END)
			return err;
		err = load_page(store, le64_to_cpu(word), limit, from);
		if (err)
			return err;
		cond_resched();
	}
}

/**
 * blk_store_load - create a private store from the data of blk_store_save()
 * @from: the stream
 *
 * May sleep. Return: the store, to be put with blk_store_put(), or an error.
 */
struct blk_store *blk_store_load(struct vdpa_migration_reader *from)
{
	struct blk_store *store = create("");
	int err;

	if (!store)
		return ERR_PTR(-ENOMEM);
	err = blk_store_merge(store, (MAX_LFS_FILESIZE >> PAGE_SHIFT) + 1, from);
	if (!err)
		return store;
	blk_store_put(store);
	return ERR_PTR(err);
}
