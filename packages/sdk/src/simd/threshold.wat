;; One look at some values of a batch: whether they are in range, and which of them lie above a limit.
(module
  (import "" "" (memory 1))

  ;; Replaces the floats from byte `at` to byte `end` (32 apart or a multiple of it) by 1 where they are above
  ;; `limit`, else by 0. Gives 1 when the bits of each, after `mask`, are at most `most` as unsigned integers, else 0.
  ;; The bits of positive floats are in the order of the floats, those of NaN and of anything with a sign come after
  ;; them.
  (func (export "threshold")
    (param $at i32) (param $end i32) (param $mask i32) (param $most i32) (param $limit f32) (result i32)
    (local $x v128) (local $y v128) (local $largest v128)
    (local $masks v128) (local $limits v128) (local $one v128)
    (local.set $masks (i32x4.splat (local.get $mask)))
    (local.set $limits (f32x4.splat (local.get $limit)))
    (local.set $one (v128.const f32x4 1 1 1 1))
    (loop $more
      (local.set $x (v128.load (local.get $at)))
      (local.set $y (v128.load offset=16 (local.get $at)))
      (local.set $largest
        (i32x4.max_u (local.get $largest) (v128.and (local.get $masks) (local.get $x))))
      (local.set $largest
        (i32x4.max_u (local.get $largest) (v128.and (local.get $masks) (local.get $y))))
      (v128.store (local.get $at)
        (v128.and (local.get $one) (f32x4.gt (local.get $x) (local.get $limits))))
      (v128.store offset=16 (local.get $at)
        (v128.and (local.get $one) (f32x4.gt (local.get $y) (local.get $limits))))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (local.get $end))))
    (i32x4.all_true (i32x4.le_u (local.get $largest) (i32x4.splat (local.get $most))))))
