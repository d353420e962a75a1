// The columns of a file of inquiries, by the names that it has to have. Those that are required must be filled in on every row that
// asks on a consent, and by file one can ask on nothing else.

export const COLUMNS = [
  { name: '整理番号', key: 'reference', required: true },
  { name: '個人番号', key: 'my-number', required: true },
  { name: '生年月日', key: 'birth-date', required: true },
  { name: '照会根拠', key: 'basis', required: true },
  { name: '同意日', key: 'consented-on', required: true },
  { name: '同意書番号', key: 'form-number', required: true },
  { name: '同意書ハッシュ値', key: 'scan', required: false },
  { name: '照会目的', key: 'purpose', required: false },
  { name: '予防接種', key: 'programmes', required: false },
];
