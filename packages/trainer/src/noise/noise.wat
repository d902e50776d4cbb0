;; The generator and the maps of `@vae/sdk/random`, four words at a time: the same operations in the same order, so that
;; every number has the same bits.
(module
  (import "" "" (memory 2))

  ;; Philox4x32-10. Writes the words of 4 * `groups` blocks, from `block` on, to `at`. Lane i is block i of a group.
  (func (export "words")
    (param $at i32) (param $groups i32) (param $block i32) (param $index i32) (param $step i32) (param $id i32)
    (param $low i32) (param $high i32)
    (local $round i32)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128) (local $k0 v128) (local $k1 v128)
    (local $m0 v128) (local $m1 v128) (local $high0 v128) (local $high1 v128) (local $low0 v128)
    (local $blocks v128) (local $t0 v128) (local $t1 v128)
    (local.set $m0 (i32x4.splat (i32.const 0xd2511f53)))
    (local.set $m1 (i32x4.splat (i32.const 0xcd9e8d57)))
    (local.set $blocks (i32x4.add (i32x4.splat (local.get $block)) (v128.const i32x4 0 1 2 3)))
    (loop $more
      (local.set $c0 (local.get $blocks))
      (local.set $c1 (i32x4.splat (local.get $index)))
      (local.set $c2 (i32x4.splat (local.get $step)))
      (local.set $c3 (i32x4.splat (local.get $id)))
      (local.set $k0 (i32x4.splat (local.get $low)))
      (local.set $k1 (i32x4.splat (local.get $high)))
      (local.set $round (i32.const 10))
      (loop $rounds
        ;; The odd words of the 64-bit products are their upper halves.
        (local.set $high0
          (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
            (i64x2.extmul_low_i32x4_u (local.get $c0) (local.get $m0))
            (i64x2.extmul_high_i32x4_u (local.get $c0) (local.get $m0))))
        (local.set $high1
          (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
            (i64x2.extmul_low_i32x4_u (local.get $c2) (local.get $m1))
            (i64x2.extmul_high_i32x4_u (local.get $c2) (local.get $m1))))
        (local.set $low0 (i32x4.mul (local.get $c0) (local.get $m0)))
        (local.set $c0 (v128.xor (v128.xor (local.get $high1) (local.get $c1)) (local.get $k0)))
        (local.set $c1 (i32x4.mul (local.get $c2) (local.get $m1)))
        (local.set $c2 (v128.xor (v128.xor (local.get $high0) (local.get $c3)) (local.get $k1)))
        (local.set $c3 (local.get $low0))
        (local.set $k0 (i32x4.add (local.get $k0) (i32x4.splat (i32.const 0x9e3779b9))))
        (local.set $k1 (i32x4.add (local.get $k1) (i32x4.splat (i32.const 0xbb67ae85))))
        (br_if $rounds (local.tee $round (i32.sub (local.get $round) (i32.const 1)))))
      ;; From word by word to block by block.
      (local.set $t0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c0) (local.get $c1)))
      (local.set $t1 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c2) (local.get $c3)))
      (v128.store (local.get $at)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t0) (local.get $t1)))
      (v128.store offset=16 (local.get $at)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t0) (local.get $t1)))
      (local.set $t0 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c0) (local.get $c1)))
      (local.set $t1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c2) (local.get $c3)))
      (v128.store offset=32 (local.get $at)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t0) (local.get $t1)))
      (v128.store offset=48 (local.get $at)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t0) (local.get $t1)))
      (local.set $blocks (i32x4.add (local.get $blocks) (v128.const i32x4 4 4 4 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $more (local.tee $groups (i32.sub (local.get $groups) (i32.const 1))))))

  ;; Replaces the words in the first `end` bytes, at least 16, by uniforms.
  (func $uniforms (export "uniforms") (param $end i32)
    (local $at i32)
    (loop $more
      (v128.store (local.get $at)
        (f32x4.mul
          (f32x4.add
            (f32x4.convert_i32x4_u (i32x4.shr_u (v128.load (local.get $at)) (i32.const 9)))
            (v128.const f32x4 0.5 0.5 0.5 0.5))
          (v128.const f32x4 0x1p-23 0x1p-23 0x1p-23 0x1p-23)))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end)))))

  ;; Replaces the words by `value` where their uniform is below `limit`, else by 0.
  (func (export "mask") (param $end i32) (param $limit f32) (param $value f32)
    (local $at i32)
    (call $uniforms (local.get $end))
    (loop $more
      (v128.store (local.get $at)
        (v128.and (f32x4.splat (local.get $value))
          (f32x4.lt (v128.load (local.get $at)) (f32x4.splat (local.get $limit)))))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end)))))

  ;; Replaces the words by 1 where their uniform is below the probability that lies 65536 bytes behind it, else by 0.
  (func (export "bits") (param $end i32)
    (local $at i32)
    (call $uniforms (local.get $end))
    (loop $more
      (v128.store (local.get $at)
        (v128.and (v128.const f32x4 1 1 1 1)
          (f32x4.lt (v128.load (local.get $at)) (v128.load offset=65536 (local.get $at)))))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end)))))

  ;; Replaces the words by standard normals: of each two, the first gives the radius, the second the angle.
  (func (export "normals") (param $end i32)
    (local $at i32) (local $words v128) (local $turned v128) (local $quarter v128)
    (local $v v128) (local $m v128) (local $exponent v128) (local $large v128)
    (local $s v128) (local $q v128) (local $sum v128) (local $radius v128)
    (local $x v128) (local $sine v128) (local $cosine v128) (local $odd v128) (local $signs v128)
    (loop $more
      (local.set $words (v128.load (local.get $at)))

      ;; ln((word + 1/2) / 2^32) = (e - 32) ln 2 + 2 artanh(s), with word + 1/2 = m 2^e and s = (m - 1) / (m + 1)
      (local.set $v
        (f64x2.add
          (f64x2.convert_low_i32x4_u
            (i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11 (local.get $words) (local.get $words)))
          (v128.const f64x2 0.5 0.5)))
      (local.set $m
        (v128.or (v128.const i64x2 0x3ff0000000000000 0x3ff0000000000000)
          (v128.and (v128.const i64x2 0x000fffffffffffff 0x000fffffffffffff) (local.get $v))))
      (local.set $large (f64x2.gt (local.get $m) (v128.const f64x2 1.4142135623730951 1.4142135623730951)))
      (local.set $m
        (v128.bitselect (f64x2.mul (local.get $m) (v128.const f64x2 0.5 0.5)) (local.get $m) (local.get $large)))
      ;; The biased exponent less 1023 and 32, and one more (less -1) where m was halved.
      (local.set $exponent
        (i64x2.sub
          (i64x2.sub (i64x2.shr_u (local.get $v) (i32.const 52)) (v128.const i64x2 1055 1055))
          (local.get $large)))
      (local.set $s
        (f64x2.div
          (f64x2.sub (local.get $m) (v128.const f64x2 1 1))
          (f64x2.add (local.get $m) (v128.const f64x2 1 1))))
      (local.set $q (f64x2.mul (local.get $s) (local.get $s)))
      (local.set $sum (v128.const f64x2 0.047619047619047616 0.047619047619047616))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.05263157894736842 0.05263157894736842)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.058823529411764705 0.058823529411764705)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.06666666666666667 0.06666666666666667)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.07692307692307693 0.07692307692307693)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.09090909090909091 0.09090909090909091)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.1111111111111111 0.1111111111111111)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.14285714285714285 0.14285714285714285)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.2 0.2)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.3333333333333333 0.3333333333333333)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 1 1)))
      (local.set $radius
        (f64x2.sqrt
          (f64x2.mul (v128.const f64x2 -2 -2)
            (f64x2.add
              (f64x2.mul
                (f64x2.convert_low_i32x4_s
                  (i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11 (local.get $exponent) (local.get $exponent)))
                (v128.const f64x2 0.6931471805599453 0.6931471805599453))
              (f64x2.mul (f64x2.mul (v128.const f64x2 2 2) (local.get $s)) (local.get $sum))))))

      ;; The angle: a quarter turn, and what is left of it between -pi/4 and pi/4.
      (local.set $turned
        (i32x4.add (v128.const i32x4 0x20000000 0x20000000 0x20000000 0x20000000)
          (i8x16.shuffle 4 5 6 7 12 13 14 15 4 5 6 7 12 13 14 15 (local.get $words) (local.get $words))))
      (local.set $quarter (i64x2.extend_low_i32x4_u (i32x4.shr_u (local.get $turned) (i32.const 30))))
      (local.set $x
        (f64x2.mul
          (f64x2.add
            (f64x2.convert_low_i32x4_s
              (i32x4.sub
                (v128.and (local.get $turned) (v128.const i32x4 0x3fffffff 0x3fffffff 0x3fffffff 0x3fffffff))
                (v128.const i32x4 0x20000000 0x20000000 0x20000000 0x20000000)))
            (v128.const f64x2 0.5 0.5))
          (v128.const f64x2 1.4629180792671596e-9 1.4629180792671596e-9)))
      (local.set $q (f64x2.mul (local.get $x) (local.get $x)))
      (local.set $sum (v128.const f64x2 -7.647163731819816e-13 -7.647163731819816e-13))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 1.6059043836821613e-10 1.6059043836821613e-10)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -2.505210838544172e-8 -2.505210838544172e-8)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.0000027557319223985893 0.0000027557319223985893)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -0.0001984126984126984 -0.0001984126984126984)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.008333333333333333 0.008333333333333333)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -0.16666666666666666 -0.16666666666666666)))
      (local.set $sine
        (f64x2.add (local.get $x)
          (f64x2.mul (f64x2.mul (local.get $x) (local.get $q)) (local.get $sum))))
      (local.set $sum (v128.const f64x2 4.779477332387385e-14 4.779477332387385e-14))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -1.1470745597729725e-11 -1.1470745597729725e-11)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 2.08767569878681e-9 2.08767569878681e-9)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -2.755731922398589e-7 -2.755731922398589e-7)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.0000248015873015873 0.0000248015873015873)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -0.001388888888888889 -0.001388888888888889)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 0.041666666666666664 0.041666666666666664)))
      (local.set $sum (f64x2.add (f64x2.mul (local.get $sum) (local.get $q)) (v128.const f64x2 -0.5 -0.5)))
      (local.set $cosine
        (f64x2.add (v128.const f64x2 1 1) (f64x2.mul (local.get $q) (local.get $sum))))
      (local.set $cosine (f64x2.mul (local.get $radius) (local.get $cosine)))
      (local.set $sine (f64x2.mul (local.get $radius) (local.get $sine)))

      ;; In odd quarters (x, y) = (-sine, cosine), else (cosine, sine); from half a turn on both change their sign.
      (local.set $odd
        (i64x2.ne (v128.and (local.get $quarter) (v128.const i64x2 1 1)) (v128.const i64x2 0 0)))
      (local.set $signs
        (v128.and (v128.const i64x2 0x8000000000000000 0x8000000000000000)
          (i64x2.shl (local.get $quarter) (i32.const 62))))
      (local.set $x
        (f32x4.demote_f64x2_zero
          (v128.xor (local.get $signs)
            (v128.bitselect (f64x2.neg (local.get $sine)) (local.get $cosine) (local.get $odd)))))
      (local.set $sum
        (f32x4.demote_f64x2_zero
          (v128.xor (local.get $signs)
            (v128.bitselect (local.get $cosine) (local.get $sine) (local.get $odd)))))
      (v128.store (local.get $at)
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $x) (local.get $sum)))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))))
