// The 7-bit alphabets of TS 23.038: the default one (§6.2.1, §6.2.1.1) and the national single and locking shift tables
// 1 to 13 (Annex A.2, A.3). Data only; gsm.ts reads it. A table is a list of runs `septet:codePoint+count`, all numbers
// but the count in hex, laid over the table named `base`. Septets that no run names are unassigned; 1B is the escape.
// Single shift 0D is a control of no language (CR2): read as LF under 0 to 3 and as CR under 4 to 13, never written.

/** One alphabet: the runs of its locking (main) table and of its single shift (extension) table. */
export interface TableSource {
  readonly language: string;
  readonly base: 'none' | 'default' | 'south Asian';
  readonly locking: string;
  readonly single: string;
}

/** What the South Asian tables 4 to 13 share. */
export const southAsianLocking =
  '0a:000a 0d:000d 20:0020+2 28:0029 29:0028 2c:002c 2e:002e 30:0030+12 3f:003f 61:0061+26';
export const southAsianSingle =
  '00:0040 01:00a3 02:0024 03:00a5 04:00bf 05:0022 06:00a4 07:0025+3 0a:000c 0b:002a+2 0d:000d 0e:002d ' +
  '0f:002f 10:003c+3 13:00a1 14:005e 15:00a1 16:005f 17:0023 18:002a 28:007b 29:007d 2f:005c 3c:005b ' +
  '3d:007e 3e:005d 40:007c 41:0041+26 65:20ac';

/** The tables by national language identifier; 0 is the default alphabet, 2 has a single shift table only. */
export const tableSources: readonly TableSource[] = [
  {
    language: 'default',
    base: 'none',
    locking:
      '00:0040 01:00a3 02:0024 03:00a5 04:00e8+2 06:00f9 07:00ec 08:00f2 09:00c7 0a:000a 0b:00d8 0c:00f8 ' +
      '0d:000d 0e:00c5 0f:00e5 10:0394 11:005f 12:03a6 13:0393 14:039b 15:03a9 16:03a0 17:03a8 18:03a3 ' +
      '19:0398 1a:039e 1c:00c6 1d:00e6 1e:00df 1f:00c9 20:0020+4 24:00a4 25:0025+27 40:00a1 41:0041+26 ' +
      '5b:00c4 5c:00d6 5d:00d1 5e:00dc 5f:00a7 60:00bf 61:0061+26 7b:00e4 7c:00f6 7d:00f1 7e:00fc 7f:00e0',
    single: '0a:000c 0d:000a 14:005e 28:007b 29:007d 2f:005c 3c:005b 3d:007e 3e:005d 40:007c 65:20ac',
  },
  {
    language: 'Turkish',
    base: 'default',
    locking: '04:20ac 07:0131 0b:011e+2 1c:015e+2 40:0130 60:00e7',
    single: '47:011e 49:0130 53:015e 63:00e7 67:011f 69:0131 73:015f',
  },
  {
    language: 'Spanish',
    base: 'default',
    locking: '',
    single: '09:00e7 41:00c1 49:00cd 4f:00d3 55:00da 61:00e1 69:00ed 6f:00f3 75:00fa',
  },
  {
    language: 'Portuguese',
    base: 'default',
    locking:
      '04:00ea 06:00fa 07:00ed 08:00f3 09:00e7 0b:00d4 0c:00f4 0e:00c1 0f:00e1 12:00aa 13:00c7 14:00c0 ' +
      '15:221e 16:005e 17:005c 18:20ac 19:00d3 1a:007c 1c:00c2 1d:00e2 1e:00ca 24:00ba 40:00cd 5b:00c3 ' +
      '5c:00d5 5d:00da 60:007e 7b:00e3 7c:00f5 7d:0060',
    single:
      '05:00ea 09:00e7 0b:00d4 0c:00f4 0e:00c1 0f:00e1 12:03a6 13:0393 15:03a9 16:03a0 17:03a8 18:03a3 ' +
      '19:0398 1f:00ca 41:00c0 49:00cd 4f:00d3 55:00da 5b:00c3 5c:00d5 61:00c2 69:00ed 6f:00f3 75:00fa ' +
      '7b:00e3 7c:00f5 7f:00e2',
  },
  {
    language: 'Bengali',
    base: 'south Asian',
    locking:
      '00:0981+3 03:0985+7 0b:098c 0f:098f+2 13:0993+8 1c:099b+4 22:099f+6 2a:09a5+2 2d:09a7 2f:09a8 ' +
      '3d:09aa+2 40:09ac+5 46:09b2 4a:09b6+4 4e:09bc+9 59:09c7+2 5d:09cb+4 7b:09d7 7c:09dc+2 7e:09f0+2',
    single: '19:09e6+2 1c:09e8+8 24:09df+4 2a:09e3 2b:09f2+4 30:09f6+5',
  },
  {
    language: 'Gujarati',
    base: 'south Asian',
    locking:
      '00:0a81+3 03:0a85+7 0b:0a8c+2 0f:0a8f+3 13:0a93+8 1c:0a9b+4 22:0a9f+6 2a:0aa5+2 2d:0aa7 2f:0aa8 ' +
      '3d:0aaa+2 40:0aac+5 46:0ab2+2 49:0ab5+5 4e:0abc+10 59:0ac7+3 5d:0acb+3 60:0ad0 7b:0ae0+4 7f:0af1',
    single: '19:0964+2 1c:0ae6+10',
  },
  {
    language: 'Hindi',
    base: 'south Asian',
    locking:
      '00:0901+3 03:0905+7 0b:090c+2 0e:090e+13 1c:091b+4 22:091f+6 2a:0925+2 2d:0927 2f:0928 3c:0929+3 ' +
      '40:092c+14 4e:093c+18 60:0950 7b:0972 7c:097b+2 7e:097e+2',
    single: '19:0964+2 1c:0966+10 26:0951+2 2a:0953+2 2c:0958+3 30:095b+9 39:0970+2',
  },
  {
    language: 'Kannada',
    base: 'south Asian',
    locking:
      '01:0c82+2 03:0c85+7 0b:0c8c 0e:0c8e+3 12:0c92+9 1c:0c9b+4 22:0c9f+6 2a:0ca5+2 2d:0ca7 2f:0ca8 ' +
      '3d:0caa+2 40:0cac+8 49:0cb5+5 4e:0cbc+9 58:0cc6+3 5c:0cca+4 60:0cd5 7b:0cd6 7c:0ce0+4',
    single: '19:0964+2 1c:0ce6+10 26:0cde 27:0cf1 2a:0cf2',
  },
  {
    language: 'Malayalam',
    base: 'south Asian',
    locking:
      '01:0d02+2 03:0d05+7 0b:0d0c 0e:0d0e+3 12:0d12+9 1c:0d1b+4 22:0d1f+6 2a:0d25+2 2d:0d27 2f:0d28 ' +
      '3d:0d2a+2 40:0d2c+14 4f:0d3d+8 58:0d46+3 5c:0d4a+4 60:0d57 7b:0d60+4 7f:0d79',
    single: '19:0964+2 1c:0d66+12 2a:0d72+4 2e:0d7a 30:0d7b+5',
  },
  {
    language: 'Oriya',
    base: 'south Asian',
    locking:
      '00:0b01+3 03:0b05+7 0b:0b0c 0f:0b0f+2 13:0b13+8 1c:0b1b+4 22:0b1f+6 2a:0b25+2 2d:0b27 2f:0b28 ' +
      '3d:0b2a+2 40:0b2c+5 46:0b32+2 49:0b35+5 4e:0b3c+9 59:0b47+2 5d:0b4b+3 60:0b56 7b:0b57 7c:0b60+4',
    single: '19:0964+2 1c:0b66+10 26:0b5c+2 2a:0b5f 2b:0b70+2',
  },
  {
    language: 'Punjabi',
    base: 'south Asian',
    locking:
      '00:0a01+3 03:0a05+6 0f:0a0f+2 13:0a13+8 1c:0a1b+4 22:0a1f+6 2a:0a25+2 2d:0a27 2f:0a28 3d:0a2a+2 ' +
      '40:0a2c+5 46:0a32+2 49:0a35+2 4c:0a38+2 4e:0a3c 50:0a3e+5 59:0a47+2 5d:0a4b+3 60:0a51 7b:0a70+5',
    single: '19:0964+2 1c:0a66+10 26:0a59+2 2a:0a5b+2 2c:0a5e 2d:0a75',
  },
  {
    language: 'Tamil',
    base: 'south Asian',
    locking:
      '01:0b82+2 03:0b85+6 0e:0b8e+3 12:0b92+4 19:0b99+2 1d:0b9c 1f:0b9e 22:0b9f 26:0ba3+2 2f:0ba8 ' +
      '3c:0ba9+2 42:0bae+12 50:0bbe+5 58:0bc6+3 5c:0bca+4 60:0bd0 7b:0bd7 7c:0bf0+3 7f:0bf9',
    single: '19:0964+2 1c:0be6+10 26:0bf3+2 2a:0bf5+4 2e:0bfa',
  },
  {
    language: 'Telugu',
    base: 'south Asian',
    locking:
      '00:0c01+3 03:0c05+7 0b:0c0c 0e:0c0e+3 12:0c12+9 1c:0c1b+4 22:0c1f+6 2a:0c25+2 2d:0c27 2f:0c28 ' +
      '3d:0c2a+2 40:0c2c+8 49:0c35+5 4f:0c3d+8 58:0c46+3 5c:0c4a+4 60:0c55 7b:0c56 7c:0c60+4',
    single: '1c:0c66+10 26:0c58+2 2a:0c78+5 30:0c7d+3',
  },
  {
    language: 'Urdu',
    base: 'south Asian',
    locking:
      '00:0627 01:0622 02:0628 03:067b 04:0680 05:067e 06:06a6 07:062a 08:06c2 09:067f 0b:0679 0c:067d ' +
      '0e:067a 0f:067c 10:062b+2 12:0681 13:0684 14:0683 15:0685+3 18:062d+3 1c:068c 1d:0688+3 22:068f ' +
      '23:068d 24:0630+2 26:0691 27:0693 2a:0699 2b:0632 2d:0696 2f:0698 3c:069a 3d:0633+2 40:0635+5 ' +
      '45:0641+2 47:06a9+3 4a:06af 4b:06b3 4c:06b1 4d:0644+3 50:06ba+3 53:0648 54:06c4 55:06d5 56:06c1 ' +
      '57:06be 58:0621 59:06cc 5a:06d0 5b:06d2 5c:064d 5d:0650 5e:064f 5f:0657 60:0654 7b:0655 7c:0651 ' +
      '7d:0653 7e:0656 7f:0670',
    single:
      '19:0600+2 1c:06f0+10 26:060c+2 2a:060e+5 30:0613+2 32:061b 33:061f 34:0640 35:0652 36:0658 37:066b+2 ' +
      '39:0672+2 3b:06cd 3f:06d4',
  },
];
