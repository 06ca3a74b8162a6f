/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small virtual machine monitor without a virtual machine: it is itself the driver of a
 * vhost-vdpa character device. Any failure that no test asks for ends the program with a message,
 * or with vmm_try() what was tried.
 */
#ifndef VMM_H
#define VMM_H

#include <linux/virtio_ring.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the device may see of our memory starts there for it. No address of ours, but one of the
 * machine's memory: a device that takes it for one would not fail, but do harm.
 */
#define VMM_IOVA	0x1000000ULL

#define VMM_VQ_SIZE	64
#define VMM_VQS_MAX	33

/* Descriptors of an indirect table. */
#define VMM_TABLE	4

/* Bytes of a device's name, with its terminator. */
#define VMM_NAME	64

/**
 * struct vmm_vq - a split virtqueue, the driver's side
 * @index: number of the queue
 * @desc: descriptor table
 * @avail: available ring
 * @used: used ring
 * @kick: eventfd that tells the device
 * @call: eventfd that the device tells us with
 * @avail_idx: next to be written to @avail
 * @used_idx: next to be read from @used
 * @free: stack of the free descriptors, @n_free of them
 * @cookies: by first descriptor: what vmm_add() was given; NULL: the device does not have it
 * @tables: by first descriptor: an indirect table for its request; NULL: requests lie in @desc
 */
struct vmm_vq {
	unsigned int index;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	int kick;
	int call;
	uint16_t avail_idx;
	uint16_t used_idx;
	uint16_t n_free;
	uint16_t free[VMM_VQ_SIZE];
	void *cookies[VMM_VQ_SIZE];
	struct vring_desc (*tables)[VMM_TABLE];
};

/**
 * struct vmm - a device and the memory that it may see
 * @fd: of the character device
 * @name: of the device
 * @config_call: eventfd for changes of the config space, once there is one
 * @device_id: virtio device id
 * @features: negotiated
 * @mem: our memory; the device sees it at VMM_IOVA
 * @shown: the same memory at another address, by which the device gets at it; NULL: by @mem
 * @mem_size: bytes of it
 * @mem_used: bytes of it that vmm_alloc() has given out
 * @nvqs: queues that are set up
 * @vqs: the queues, VMM_VQS_MAX of them
 */
struct vmm {
	int fd;
	char name[VMM_NAME];
	int config_call;
	uint32_t device_id;
	uint64_t features;
	uint8_t *mem;
	uint8_t *shown;
	size_t mem_size;
	size_t mem_used;
	unsigned int nvqs;
	struct vmm_vq *vqs;
};

/* A buffer of a request, in memory from vmm_alloc(). */
struct vmm_buf {
	void *mem;
	uint32_t len;
};

/* What signals ask for, looked at by who waits for the device. */
extern volatile sig_atomic_t vmm_snapshot_asked;
extern volatile sig_atomic_t vmm_stop_asked;

_Noreturn void vmm_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void vmm_fail_errno(const char *what);
bool vmm_try(void (*what)(void *arg), void *arg, char *why, size_t size);
uint64_t vmm_now_ms(void);
uint64_t vmm_now_us(void);
void vmm_hold(void);

/* device.c */

void vmm_open(struct vmm *vmm, const char *path, size_t mem_size);
void vmm_attach(struct vmm *vmm, const char *path);
void vmm_detach(struct vmm *vmm);
void *vmm_memory(void *at, size_t size);
/* Virtio 1.4's suspend, which the headers need not know. */
#define VMM_F_SUSPEND	(1ULL << 43)
#define VMM_S_SUSPEND	16

void vmm_negotiate(struct vmm *vmm, uint64_t wanted);
void vmm_share(struct vmm *vmm);
void vmm_map(struct vmm *vmm, uint64_t iova, void *mem, size_t size, bool writable);
void vmm_unmap(struct vmm *vmm, uint64_t iova, size_t size);
void *vmm_alloc(struct vmm *vmm, size_t size);
uint64_t vmm_iova(const struct vmm *vmm, const void *mem);
void vmm_setup_vqs(struct vmm *vmm, unsigned int n, uint16_t first);
void vmm_vq_events(struct vmm_vq *vq);
void vmm_connect_vq(struct vmm *vmm, unsigned int index);
void vmm_set_vq_base(const struct vmm *vmm, unsigned int index, uint32_t base);
void vmm_start(struct vmm *vmm);
void vmm_reset(struct vmm *vmm);
uint8_t vmm_status(const struct vmm *vmm);
unsigned int vmm_vqs_count(const struct vmm *vmm);
void vmm_config(const struct vmm *vmm, uint32_t offset, void *buf, uint32_t len);
void vmm_watch_config(struct vmm *vmm);
bool vmm_wait_config(struct vmm *vmm, int ms);
void vmm_suspend(struct vmm *vmm);
void vmm_resume(struct vmm *vmm);
uint16_t vmm_vq_base(const struct vmm *vmm, unsigned int index);

/* transfer.c */

void vmm_carry(const char *from, const char *to);

/* ring.c */

void vmm_vq_init(struct vmm_vq *vq, uint16_t first);
void vmm_vq_indirect(struct vmm *vmm, struct vmm_vq *vq);
bool vmm_add(struct vmm *vmm, struct vmm_vq *vq, const struct vmm_buf *bufs, unsigned int n_out,
	     unsigned int n_in, void *cookie);
void vmm_kick(struct vmm_vq *vq);
bool vmm_get(struct vmm_vq *vq, uint32_t *len, void **cookie);
uint16_t vmm_in_flight(const struct vmm_vq *vq);
void vmm_wait(struct vmm *vmm, struct vmm_vq *vq, int ms);

/* The programs: each gets the words that follow its name, and returns the exit status. */

int vmm_blk(const char *node, int argc, char **argv);
int vmm_net(const char *node, int argc, char **argv);
int vmm_break(const char *node, int argc, char **argv);
int vmm_fuzz(const char *node, int argc, char **argv);
int vmm_guest(const char *node, int argc, char **argv);
int vmm_dirty(const char *node, int argc, char **argv);
int vmm_image(const char *node, int argc, char **argv);

/* main.c */

struct vmm_option {
	const char *name;
	unsigned long *value;
};

void vmm_options(int argc, char **argv, const struct vmm_option *options);

#endif
